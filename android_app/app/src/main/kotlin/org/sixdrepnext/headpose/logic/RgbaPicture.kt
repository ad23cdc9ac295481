package org.sixdrepnext.headpose.logic

import java.nio.ByteBuffer

/**
 * Pixels in main memory, four bytes each: red, green, blue and a fourth that nothing reads.
 *
 * @property pixels row after row; read by absolute positions alone.
 * @property bytesPerRow distance between two rows, four times the width at least.
 */
class RgbaPicture(
    val pixels: ByteBuffer,
    val bytesPerRow: Int,
)

/**
 * Keeps a few buffers for camera pictures, so that a frame costs a copy and no new megabyte.
 *
 * A frame is copied because CameraX lends few pictures: a borrowed one would hold back newer frames, and the pipeline
 * could not count what it drops. Safe for several threads.
 */
class PictureBuffers(
    private val kept: Int = 3,
) {
    private val free = ArrayDeque<ByteBuffer>()

    /** A copy of [from], read from its start; give it back with [giveBack] once nothing reads it. */
    fun copyOf(from: ByteBuffer): ByteBuffer {
        val source = from.duplicate().apply { rewind() }
        val copy = take(source.remaining())
        copy.put(source)
        return copy.apply { rewind() }
    }

    /** Lets a buffer be used again. */
    @Synchronized
    fun giveBack(buffer: ByteBuffer) {
        if (free.size < kept) free.addLast(buffer)
    }

    @Synchronized
    private fun take(size: Int): ByteBuffer {
        val fitting = free.indexOfFirst { it.capacity() == size }
        val buffer = if (fitting >= 0) free.removeAt(fitting) else ByteBuffer.allocate(size)
        return buffer.apply { clear() }
    }
}
