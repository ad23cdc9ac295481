package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.json.CanonicalJson
import org.sixdrepnext.headpose.core.json.JsonArray
import org.sixdrepnext.headpose.core.json.JsonBool
import org.sixdrepnext.headpose.core.json.JsonInteger
import org.sixdrepnext.headpose.core.json.JsonNull
import org.sixdrepnext.headpose.core.json.JsonNumber
import org.sixdrepnext.headpose.core.json.JsonObject
import org.sixdrepnext.headpose.core.json.JsonString
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.json.fixed
import org.sixdrepnext.headpose.core.json.shortestText
import org.sixdrepnext.headpose.core.json.signedFixed
import java.util.Random

/** Reading JSON strictly, and writing it as Python does. */
class JsonTest {
    @Test
    fun canonicalFormsAreThoseOfPython() {
        val numbers = Golden.cases("numbers", "json_forms.json")
        val others = Golden.cases("texts", "json_forms.json") + Golden.cases("keys", "json_forms.json")
        for (one in numbers + others) {
            assertEquals(one.text("text"), CanonicalJson.text(one.need("value")), one.name)
        }
    }

    @Test
    fun valuesOfEveryKind() {
        val value = JsonValue.parse(" {\"a\" : [1, 2.5, true, false, null, \"x\\u00e9\\/\"], \"b\": {}, \"c\": [ ] } ")
        val items =
            listOf(JsonInteger(1), JsonNumber(2.5), JsonBool(true), JsonBool(false), JsonNull, JsonString("xé/"))
        val expected =
            JsonObject(
                mapOf(
                    "a" to JsonArray(items), "b" to JsonObject(emptyMap()),
                    "c" to JsonArray(emptyList()),
                ),
            )
        assertEquals(expected, value)
        assertEquals("""{"a":[1,2.5,true,false,null,"xé/"],"b":{},"c":[]}""", CanonicalJson.text(value))
        assertNull(value["a"]?.get("b"))
        assertNull(value["d"])
        assertEquals(listOf(null, null, null, null), listOf(value.double, value.bool, value.string, value.items))
        assertEquals(3.0, JsonInteger(3).double)
    }

    @Test
    fun numbersAreReadAsTheyAre() {
        val texts = listOf("0", "-0", "9223372036854775807", "9223372036854775808", "-1.5e+3", "1E2", "0.1")
        val values = texts.map(JsonValue::parse)
        val expected =
            listOf(
                JsonInteger(0),
                JsonInteger(0),
                JsonInteger(Long.MAX_VALUE),
                JsonNumber(9.223372036854775808e18),
                JsonNumber(-1500.0),
                JsonNumber(100.0),
                JsonNumber(0.1),
            )
        assertEquals(expected, values)
    }

    @Test
    fun whatIsOnlyNearlyJsonIsRefused() {
        val wrong =
            listOf(
                "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "[1 2]", "01", "1.",
                ".5", "+1", "1e", "- 1", "NaN", "Infinity", "1e999", "tru", "nul", "\"a", "\"a\nb\"", "\"\\x\"",
                "\"\\u12\"", "\"\\u12g4\"", "'a'", "1 2", "[1]]", "{\"a\":1,\"a\":2}", "// no\n1", "\"\\",
                "[".repeat(300) + "]".repeat(300),
            ) // each is one mistake
        for (text in wrong) {
            val error = assertThrows(HeadPoseException::class.java, { JsonValue.parse(text) }, text)
            assertEquals("it is no JSON", error.message)
        }
    }

    @Test
    fun aNumberThatIsNotFiniteIsNotWritten() {
        for (number in listOf(Double.NaN, Double.POSITIVE_INFINITY)) {
            assertThrows(HeadPoseException::class.java) { CanonicalJson.text(JsonArray(listOf(JsonNumber(number)))) }
        }
    }

    /** A property that holds whatever the digits are: they read back as the same number, and one fewer would not. */
    @Test
    fun shortestTextsReadBackTheSameAndAreShortest() {
        val random = Random(5)
        val numbers = generateSequence { Double.fromBits(random.nextLong()) }.filter(Double::isFinite).take(500)
        for (number in numbers + sequenceOf(-0.0, 5.684341886080802e-14, 9.5367431640625e-07, 2e-3)) {
            val text = shortestText(number)
            assertEquals(number, text.toDouble(), text)
            val digits =
                text
                    .substringBefore('e')
                    .filter(Char::isDigit)
                    .trim('0')
                    .length
            if (digits > 1) assertEquals(false, "%.${digits - 2}e".format(number).toDouble() == number, text)
        }
        val exact = listOf("-0.0", "1e+16", "1000000000000000.0", "0.0001", "1e-05", "1.5e-07", "123.25")
        assertEquals(exact, exact.map { shortestText(it.toDouble()) })
    }

    /** Ties are rounded on the exact value, as printf does, and not as `String.format` does. */
    @Test
    fun roundingIsThatOfPrintf() {
        val rounded = listOf(0.125, 0.375, 2.675, 1e-9, -0.125).map { fixed(it, 2) }
        assertEquals(listOf("0.12", "0.38", "2.67", "0.00", "-0.12"), rounded)
        assertEquals(listOf("+0.0", "-0.0", "+2.5", "-2.5"), listOf(0.0, -0.0, 2.5, -2.5).map { signedFixed(it, 1) })
    }
}
