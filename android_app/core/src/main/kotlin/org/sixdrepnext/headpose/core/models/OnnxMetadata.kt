package org.sixdrepnext.headpose.core.models

import org.sixdrepnext.headpose.core.HeadPoseException
import java.nio.ByteBuffer

/**
 * The record that is embedded in an .onnx file, for files that a person opened and no manifest lists.
 *
 * Walks the top level of the protobuf message and jumps over the graph. Source of the layout: onnx.proto of onnx/onnx
 * (ModelProto.ir_version is field 1, graph field 7, metadata_props field 14; StringStringEntryProto: key 1, value 2) and
 * the encoding of protobuf (https://protobuf.dev/programming-guides/encoding/).
 */
object OnnxMetadata {
    /**
     * What the file says of itself; null if it is an ONNX model without our record.
     *
     * @param file the whole file, its position at 0; it is not changed.
     * @param what name of the file, for messages.
     * @throws HeadPoseException if it is no ONNX model, is damaged, or its record is of another version.
     */
    fun facts(
        file: ByteBuffer,
        what: String,
    ): ModelFacts? {
        val fields = Message(file, 0, file.limit()).fields()
        if (fields == null || fields.none { it.number == GRAPH }) {
            throw HeadPoseException("$what is not an ONNX model, or is damaged: export it again")
        }
        val record =
            fields
                .filter { it.number == METADATA }
                .map { it.content.entry() }
                .firstOrNull { it.first == ModelFacts.METADATA_KEY }
        return record?.let { ModelFacts.read(it.second, what) }
    }

    private fun Message.entry(): Pair<String?, String> {
        val fields = fields().orEmpty()
        val texts = fields.associate { it.number to it.content.text() }
        return texts[1] to texts[2].orEmpty()
    }

    private const val GRAPH = 7
    private const val METADATA = 14
}

/** One field of a message: its number, and what it holds if that has a length. */
private class Field(
    val number: Int,
    val content: Message,
)

/** Bytes of a protobuf message, from [start] to before [end]. */
private class Message(
    private val bytes: ByteBuffer,
    private val start: Int,
    private val end: Int,
) {
    private var at = start

    fun text(): String = ByteArray(end - start) { bytes.get(start + it) }.decodeToString()

    /** All fields in order; null if the bytes are no message. */
    fun fields(): List<Field>? {
        at = start
        val found = ArrayList<Field>()
        while (at < end) {
            val tag = varint() ?: return null
            val size = sizeOf((tag and WIRE_TYPE).toInt()) ?: return null
            if (tag shr WIRE_BITS !in 1..MOST_FIELDS || size > end - at) return null
            found += Field((tag shr WIRE_BITS).toInt(), Message(bytes, at, at + size.toInt()))
            at += size.toInt()
        }
        return found
    }

    /** Bytes that a value takes from here on, after its length where it has one. */
    private fun sizeOf(wireType: Int): Long? =
        when (wireType) {
            VARINT -> {
                val from = at
                val number = varint()
                at.also { at = from }.takeIf { number != null }?.let { (it - from).toLong() }
            }
            FIXED_64 -> 8L
            LENGTH -> varint()?.takeIf { it >= 0 }
            FIXED_32 -> 4L
            else -> null
        }

    /** Seven bits a byte, the lowest first; null if they do not end. */
    private fun varint(): Long? {
        var number = 0L
        for (shift in 0 until 64 step 7) {
            if (at >= end) return null
            val byte = bytes.get(at++).toLong()
            number = number or ((byte and 0x7f) shl shift)
            if (byte >= 0) return number
        }
        return null
    }

    private companion object {
        const val WIRE_BITS = 3
        const val WIRE_TYPE = 7L
        const val VARINT = 0
        const val FIXED_64 = 1
        const val LENGTH = 2
        const val FIXED_32 = 5
        const val MOST_FIELDS = 0x1fffffffL
    }
}
