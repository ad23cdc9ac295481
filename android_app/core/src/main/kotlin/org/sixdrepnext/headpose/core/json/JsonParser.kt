package org.sixdrepnext.headpose.core.json

import org.sixdrepnext.headpose.core.HeadPoseException

/** Reads JSON text, strictly. Source of the grammar: RFC 8259. */
internal class JsonParser(
    private val text: String,
) {
    private var at = 0
    private var depth = 0

    fun parse(): JsonValue {
        skipSpace()
        val value = value()
        skipSpace()
        if (at < text.length) throw noJson()
        return value
    }

    private fun value(): JsonValue =
        when (peek()) {
            '{' -> nested(::objectOf)
            '[' -> nested(::arrayOf)
            '"' -> JsonString(string())
            't' -> word("true", JsonBool(true))
            'f' -> word("false", JsonBool(false))
            'n' -> word("null", JsonNull)
            else -> number()
        }

    private fun nested(read: () -> JsonValue): JsonValue {
        if (++depth > DEEPEST) throw noJson()
        at++
        return read().also { depth-- }
    }

    private fun objectOf(): JsonValue {
        val values = LinkedHashMap<String, JsonValue>()
        separated('}') {
            if (peek() != '"') throw noJson()
            val name = string()
            skipSpace()
            expect(':')
            skipSpace()
            if (values.put(name, value()) != null) throw noJson()
        }
        return JsonObject(values)
    }

    private fun arrayOf(): JsonValue {
        val items = ArrayList<JsonValue>()
        separated(']') { items += value() }
        return JsonArray(items)
    }

    private fun separated(
        end: Char,
        item: () -> Unit,
    ) {
        skipSpace()
        if (peek() == end) {
            at++
            return
        }
        while (true) {
            skipSpace()
            item()
            skipSpace()
            if (peek() == end) break
            expect(',')
        }
        at++
    }

    private fun string(): String {
        expect('"')
        val out = StringBuilder()
        while (true) {
            val c = peek()
            at++
            when {
                c == '"' -> return out.toString()
                c == '\\' -> out.append(escaped())
                c < ' ' -> throw noJson()
                else -> out.append(c)
            }
        }
    }

    private fun escaped(): Char {
        val c = peek()
        at++
        if (c == 'u') return hexadecimal()
        val index = ESCAPE_LETTERS.indexOf(c)
        if (index < 0) throw noJson()
        return ESCAPED[index]
    }

    private fun hexadecimal(): Char {
        val digits = text.substring(at, minOf(at + HEX_DIGITS, text.length))
        if (digits.length < HEX_DIGITS ||
            !digits.all { it in '0'..'9' || it.lowercaseChar() in 'a'..'f' }
        ) {
            throw noJson()
        }
        at += HEX_DIGITS
        return digits.toInt(16).toChar()
    }

    private fun number(): JsonValue {
        val found = NUMBER.matchAt(text, at) ?: throw noJson()
        at = found.range.last + 1
        val whole = if (found.groupValues[1].isEmpty()) found.value.toLongOrNull() else null
        if (whole != null) return JsonInteger(whole)
        val number = found.value.toDouble()
        if (!number.isFinite()) throw noJson()
        return JsonNumber(number)
    }

    private fun word(
        word: String,
        value: JsonValue,
    ): JsonValue {
        if (!text.startsWith(word, at)) throw noJson()
        at += word.length
        return value
    }

    private fun expect(c: Char) {
        if (peek() != c) throw noJson()
        at++
    }

    private fun peek(): Char = if (at < text.length) text[at] else throw noJson()

    private fun skipSpace() {
        while (at < text.length && text[at] in " \t\n\r") at++
    }

    private fun noJson() = HeadPoseException("it is no JSON")

    private companion object {
        const val DEEPEST = 200
        const val HEX_DIGITS = 4
        const val ESCAPE_LETTERS = "\"\\/bfnrt"
        const val ESCAPED = "\"\\/\b\u000c\n\r\t"
        val NUMBER = Regex("-?(?:0|[1-9][0-9]*)((?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
    }
}
