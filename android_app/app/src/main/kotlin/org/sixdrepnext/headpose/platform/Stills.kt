package org.sixdrepnext.headpose.platform

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import android.media.ExifInterface
import android.net.Uri
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.PixelSize
import org.sixdrepnext.headpose.logic.ExifTurn
import org.sixdrepnext.headpose.logic.RgbaPicture
import org.sixdrepnext.headpose.logic.guarded
import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer

/**
 * An upright photograph, to be shown and to be read.
 *
 * @property bitmap ARGB_8888.
 */
class Still(
    val bitmap: Bitmap,
) {
    /** How it lies: upright. */
    val geometry: FrameGeometry get() = FrameGeometry(PixelSize(bitmap.width, bitmap.height))

    /** Its pixels, copied: a bitmap of this kind stores red, green, blue, alpha. */
    fun picture(): RgbaPicture {
        val pixels = ByteBuffer.allocate(bitmap.rowBytes * bitmap.height)
        bitmap.copyPixelsToBuffer(pixels)
        pixels.rewind()
        return RgbaPicture(pixels, bitmap.rowBytes)
    }
}

/** Opens photographs. */
class Stills(
    private val context: Context,
) {
    /** The photograph behind an address that a picker gave; HeadPoseException in one sentence if it cannot be read. */
    fun read(uri: Uri): Still =
        read("the picture") {
            context.contentResolver.openInputStream(uri) ?: throw IOException("it gives no content")
        }

    /** The bundled photograph. */
    fun example(): Still = read("the example") { context.assets.open("example/example.jpg") }

    private fun read(
        what: String,
        open: () -> InputStream,
    ): Still =
        try {
            guarded(what) {
                val size = BitmapFactory.Options().apply { inJustDecodeBounds = true }
                open().use { BitmapFactory.decodeStream(it, null, size) }
                val options =
                    BitmapFactory.Options().apply {
                        inSampleSize = sampling(maxOf(size.outWidth, size.outHeight))
                    }
                val stored =
                    open().use { BitmapFactory.decodeStream(it, null, options) }
                        ?: throw HeadPoseException("$what is in no format that this phone reads")
                val orientation = open().use { ExifInterface(it).getAttributeInt(ExifInterface.TAG_ORIENTATION, 1) }
                val upright =
                    upright(stored, ExifTurn.of(orientation))
                        ?: throw HeadPoseException("$what needs more memory than this phone has left")
                Still(upright)
            }
        } catch (error: IOException) {
            throw HeadPoseException("$what cannot be read: ${error.message}", error)
        }

    private fun upright(
        stored: Bitmap,
        turn: ExifTurn,
    ): Bitmap? {
        val matrix = Matrix()
        if (turn.isMirrored) matrix.postScale(-1f, 1f)
        matrix.postRotate(turn.clockwiseDegrees.toFloat())
        val upright = Bitmap.createBitmap(stored, 0, 0, stored.width, stored.height, matrix, true)
        // A picture of 16 bits a channel is decoded to as many.
        return if (upright.config == Bitmap.Config.ARGB_8888) upright else upright.copy(Bitmap.Config.ARGB_8888, false)
    }

    companion object {
        private const val LONGEST = 2048

        /** Every so-manieth pixel, a power of two: enough for a face, and no 200 megabytes for a large photograph. */
        fun sampling(longerSide: Int): Int {
            var step = 1
            while (longerSide / (step * 2) >= LONGEST) step *= 2
            return step
        }
    }
}
