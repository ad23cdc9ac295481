package org.sixdrepnext.headpose.core.models

import org.sixdrepnext.headpose.core.HeadPoseException
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * The record that is embedded in a .tflite file, for files that a person opened and no manifest lists.
 *
 * Reads the few fields of the flatbuffer that lead there. Source of the layout: LiteRT's schema.fbs (Model.buffers is
 * field 4, Model.metadata field 6; Metadata: name, buffer; Buffer: data, offset, size) and the flatbuffers' internals
 * (https://flatbuffers.dev/internals/).
 */
object TfliteMetadata {
    /**
     * What the file says of itself; null if it is a TFLite model without our record.
     *
     * @param file the whole file, its position at 0; it is not changed.
     * @param what name of the file, for messages.
     * @throws HeadPoseException if it is no TFLite model, is damaged, or its record is of another version.
     */
    fun facts(
        file: ByteBuffer,
        what: String,
    ): ModelFacts? {
        val bytes = file.duplicate().order(ByteOrder.LITTLE_ENDIAN)
        val record =
            try {
                if (!bytes.hasMark()) throw HeadPoseException("$what is not a TFLite model: open a .tflite file")
                Table(bytes, bytes.getInt(0)).entry(ModelFacts.METADATA_KEY)
            } catch (error: IndexOutOfBoundsException) {
                throw HeadPoseException("$what is damaged: export it again", error)
            }
        return record?.let { ModelFacts.read(it.decodeToString(), what) }
    }

    private fun ByteBuffer.hasMark() = limit() >= 8 && "TFL3".indices.all { get(4 + it).toInt().toChar() == "TFL3"[it] }

    private fun Table.entry(name: String): ByteArray? {
        val entry = vector(METADATA).firstOrNull { it.text(0) == name } ?: return null
        val buffer = vector(BUFFERS).getOrNull(entry.number(1)) ?: throw IndexOutOfBoundsException()
        return buffer.data()
    }

    private const val BUFFERS = 4
    private const val METADATA = 6
}

/** A table of a flatbuffer: its fields lie where its vtable says. */
private class Table(
    private val bytes: ByteBuffer,
    private val start: Int,
) {
    /** Tables of a vector field, none if it is not there. */
    fun vector(field: Int): List<Table> {
        val vector = target(field) ?: return emptyList()
        val count = bytes.getInt(vector)
        if (count < 0 || count > bytes.limit() / OFFSET_BYTES) throw IndexOutOfBoundsException()
        return List(count) { index ->
            val place = vector + OFFSET_BYTES * (1 + index)
            Table(bytes, place + bytes.getInt(place))
        }
    }

    fun text(field: Int): String? = target(field)?.let { bytesOf(it).decodeToString() }

    /** An unsigned 32-bit number, 0 where it is left out. */
    fun number(field: Int): Int = place(field)?.let(bytes::getInt) ?: 0

    /** What a Buffer holds: inside the flatbuffer, or after it in files beyond 2 GB. */
    fun data(): ByteArray {
        val (from, size) = long(1) to long(2)
        if (size <= 0) return target(0)?.let(::bytesOf) ?: ByteArray(0)
        if (from < 0 || from + size > bytes.limit()) throw IndexOutOfBoundsException()
        return slice(from.toInt(), size.toInt())
    }

    private fun long(field: Int): Long = place(field)?.let(bytes::getLong) ?: 0

    private fun bytesOf(vector: Int) = slice(vector + OFFSET_BYTES, bytes.getInt(vector))

    private fun slice(
        from: Int,
        size: Int,
    ): ByteArray {
        if (from < 0 || size < 0 || size > bytes.limit() - from) throw IndexOutOfBoundsException()
        return ByteArray(size) { bytes.get(from + it) }
    }

    /** Where a field's offset leads. */
    private fun target(field: Int): Int? = place(field)?.let { it + bytes.getInt(it) }

    private fun place(field: Int): Int? {
        val vtable = start - bytes.getInt(start)
        val at = FIRST_FIELD + 2 * field
        if (at >= bytes.getShort(vtable).toInt() and 0xffff) return null
        val offset = bytes.getShort(vtable + at).toInt() and 0xffff
        return if (offset == 0) null else start + offset
    }

    private companion object {
        const val OFFSET_BYTES = 4
        const val FIRST_FIELD = 4
    }
}
