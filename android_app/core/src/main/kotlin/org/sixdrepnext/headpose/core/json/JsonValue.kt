package org.sixdrepnext.headpose.core.json

import org.sixdrepnext.headpose.core.HeadPoseException

/** Any JSON. */
sealed interface JsonValue {
    /** A value of an object; null if it has none of this name, or is no object. */
    operator fun get(name: String): JsonValue? = (this as? JsonObject)?.values?.get(name)

    /** The number, null for anything else. */
    val double: Double? get() = (this as? JsonInteger)?.value?.toDouble() ?: (this as? JsonNumber)?.value

    /** The truth value, null for anything else. */
    val bool: Boolean? get() = (this as? JsonBool)?.value

    /** The text, null for anything else. */
    val string: String? get() = (this as? JsonString)?.value

    /** The items, null for anything but a list. */
    val items: List<JsonValue>? get() = (this as? JsonArray)?.items

    /** From text to values. */
    companion object {
        /**
         * Reads JSON as RFC 8259 has it: nothing after the value, no name twice, nothing that is only nearly JSON.
         *
         * @throws HeadPoseException for anything else.
         */
        fun parse(text: String): JsonValue = JsonParser(text).parse()
    }
}

/** null */
data object JsonNull : JsonValue

/** true or false */
data class JsonBool(
    val value: Boolean,
) : JsonValue

/** A number without a fraction that fits into 64 bits. */
data class JsonInteger(
    val value: Long,
) : JsonValue

/** Any other number. */
data class JsonNumber(
    val value: Double,
) : JsonValue

/** A text. */
data class JsonString(
    val value: String,
) : JsonValue

/** A list. */
data class JsonArray(
    override val items: List<JsonValue>,
) : JsonValue

/** Named values. */
data class JsonObject(
    val values: Map<String, JsonValue>,
) : JsonValue
