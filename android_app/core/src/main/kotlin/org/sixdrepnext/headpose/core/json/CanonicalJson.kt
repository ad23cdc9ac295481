package org.sixdrepnext.headpose.core.json

import org.sixdrepnext.headpose.core.HeadPoseException

/**
 * JSON in one form that Python, Swift and Kotlin agree on byte for byte.
 *
 * No spaces, keys in the order of their code points, no escapes but those that JSON demands, numbers in the shortest
 * digits that read back the same; a number without a fraction that fits into 64 bits is written as a whole one (2.0 → 2).
 * Write it in UTF-8.
 */
object CanonicalJson {
    /**
     * The canonical form of a value.
     *
     * @throws HeadPoseException for a number that is not finite.
     */
    fun text(value: JsonValue): String = StringBuilder().also { write(value, it) }.toString()

    private fun write(
        value: JsonValue,
        out: StringBuilder,
    ) {
        when (value) {
            JsonNull -> out.append("null")
            is JsonBool -> out.append(value.value)
            is JsonInteger -> out.append(value.value)
            is JsonNumber -> out.append(text(value.value))
            is JsonString -> quote(value.value, out)
            is JsonArray -> join(value.items, '[', ']', out) { write(it, out) }
            is JsonObject -> join(value.values.entries.sortedWith(BY_CODE_POINTS), '{', '}', out) { named(it, out) }
        }
    }

    private fun named(
        entry: Map.Entry<String, JsonValue>,
        out: StringBuilder,
    ) {
        quote(entry.key, out)
        out.append(':')
        write(entry.value, out)
    }

    private fun <Item> join(
        items: List<Item>,
        start: Char,
        end: Char,
        out: StringBuilder,
        one: (Item) -> Unit,
    ) {
        out.append(start)
        items.forEachIndexed { index, item ->
            if (index > 0) out.append(',')
            one(item)
        }
        out.append(end)
    }

    private fun text(number: Double): String {
        if (!number.isFinite()) throw HeadPoseException("this cannot be written as JSON: a number in it is $number")
        val isWhole = number == Math.rint(number) && Math.abs(number) < WHOLE
        return if (isWhole) number.toLong().toString() else shortestText(number)
    }

    private fun quote(
        text: String,
        out: StringBuilder,
    ) {
        out.append('"')
        for (c in text) {
            val escape = ESCAPES[c]
            when {
                escape != null -> out.append(escape)
                c < ' ' -> out.append("\\u").append(c.code.toString(16).padStart(4, '0'))
                else -> out.append(c)
            }
        }
        out.append('"')
    }

    private const val WHOLE = 9223372036854775808.0 // 2^63
    private val ESCAPES =
        mapOf(
            '"' to "\\\"",
            '\\' to "\\\\",
            '\n' to "\\n",
            '\r' to "\\r",
            '\t' to "\\t",
            '\b' to "\\b",
            '\u000c' to "\\f",
        )

    // A Java String is compared by UTF-16 units, in which 😀 comes before U+FFEE.
    private val BY_CODE_POINTS =
        Comparator<Map.Entry<String, JsonValue>> { a, b ->
            val (left, right) = a.key.codePoints().toArray() to b.key.codePoints().toArray()
            val differing = (0 until minOf(left.size, right.size)).firstOrNull { left[it] != right[it] }
            if (differing == null) left.size.compareTo(right.size) else left[differing].compareTo(right[differing])
        }
}
