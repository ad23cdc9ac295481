package org.sixdrepnext.headpose.core.json

import org.sixdrepnext.headpose.core.HeadPoseException

/** The named values of an object that is read into a record, each under its place in the file. */
internal class JsonFields private constructor(
    private val values: Map<String, JsonValue>,
    private val place: String,
) {
    fun string(name: String): String = of(name) { it.string }

    fun bool(name: String): Boolean = of(name) { it.bool }

    fun double(name: String): Double = of(name) { it.double }

    fun int(name: String): Int = of(name) { it.whole?.takeIf { n -> n in Int.MIN_VALUE..Int.MAX_VALUE }?.toInt() }

    fun long(name: String): Long = of(name) { it.whole }

    fun any(name: String): JsonValue = of(name) { it }

    fun fields(name: String): JsonFields = of(name) { it as? JsonObject }.let { JsonFields(it.values, place(name)) }

    fun strings(name: String): List<String> = list(name) { item, _ -> item.string }

    fun doubles(name: String): List<Double> = list(name) { item, _ -> item.double }

    fun objects(name: String): List<JsonFields> =
        list(name) { item, where -> (item as? JsonObject)?.let { JsonFields(it.values, where) } }

    fun texts(name: String): Map<String, String> =
        fields(name).let { inner -> inner.values.keys.associateWith { key -> inner.string(key) } }

    fun <Value> map(
        name: String,
        read: (JsonFields) -> Value,
    ): Map<String, Value> = fields(name).let { inner -> inner.values.keys.associateWith { read(inner.fields(it)) } }

    /** One of the choices, by the name that [id] gives each. */
    fun <Choice> choice(
        name: String,
        choices: List<Choice>,
        id: (Choice) -> String,
    ): Choice = of(name) { value -> choices.firstOrNull { id(it) == value.string } }

    /** Reads a field that must be there and may be null. */
    fun <Value> orNull(
        name: String,
        read: JsonFields.(String) -> Value,
    ): Value? = if (of(name) { it } == JsonNull) null else read(name)

    private fun <Value> of(
        name: String,
        read: (JsonValue) -> Value?,
    ): Value {
        val value = values[name] ?: throw HeadPoseException("${place(name)} is missing")
        return read(value) ?: throw wrongKind(place(name))
    }

    private fun <Value> list(
        name: String,
        read: (JsonValue, String) -> Value?,
    ): List<Value> =
        of(name) { it.items }.mapIndexed { index, item ->
            val where = "${place(name)}.$index"
            read(item, where) ?: throw wrongKind(where)
        }

    private fun place(name: String) = if (place.isEmpty()) name else "$place.$name"

    companion object {
        /** Reads a record, or throws one sentence: [what] cannot be read (what is wrong): [advice]. */
        fun <Record> read(
            text: String,
            what: String,
            advice: String,
            record: (JsonFields) -> Record,
        ): Record =
            try {
                val whole = JsonValue.parse(text) as? JsonObject ?: throw HeadPoseException("it is no JSON object")
                record(JsonFields(whole.values, ""))
            } catch (error: HeadPoseException) {
                throw HeadPoseException("$what cannot be read (${error.message}): $advice", error)
            }

        private fun wrongKind(place: String) = HeadPoseException("$place is of the wrong kind")
    }
}

/** The whole number that fits into 64 bits, 2.0 included; null for anything else. */
internal val JsonValue.whole: Long?
    get() =
        when (this) {
            is JsonInteger -> value
            is JsonNumber -> value.toLong().takeIf { it.toDouble() == value && Math.abs(value) < 9e18 }
            else -> null
        }

/** Records to JSON. */
internal fun json(vararg fields: Pair<String, JsonValue>): JsonObject = JsonObject(linkedMapOf(*fields))

internal fun json(value: String?): JsonValue = if (value == null) JsonNull else JsonString(value)

internal fun json(value: Double?): JsonValue = if (value == null) JsonNull else JsonNumber(value)

internal fun json(value: Int?): JsonValue = if (value == null) JsonNull else JsonInteger(value.toLong())

internal fun json(value: Long): JsonValue = JsonInteger(value)

internal fun json(value: Boolean?): JsonValue = if (value == null) JsonNull else JsonBool(value)

internal fun json(texts: Map<String, String>): JsonValue = JsonObject(texts.mapValues { json(it.value) })

internal fun <Item> json(
    items: List<Item>,
    one: (Item) -> JsonValue,
): JsonValue = JsonArray(items.map(one))
