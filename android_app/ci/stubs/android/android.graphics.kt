// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/graphics/Bitmap
//   https://developer.android.com/reference/android/graphics/BitmapFactory
//   https://developer.android.com/reference/android/graphics/BitmapFactory.Options
//   https://developer.android.com/reference/android/graphics/Matrix
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.graphics

import org.sixdrepnext.headpose.stubs.stub
import java.io.InputStream
import java.nio.Buffer

class Bitmap private constructor() {
    val width: Int get() = stub()
    val height: Int get() = stub()
    val rowBytes: Int get() = stub()

    val config: Config? get() = stub()

    enum class Config { ALPHA_8, RGB_565, ARGB_4444, ARGB_8888, RGBA_F16, HARDWARE }

    fun copy(config: Config, isMutable: Boolean): Bitmap? = stub()

    fun copyPixelsToBuffer(dst: Buffer) {}

    fun getPixels(
        pixels: IntArray,
        offset: Int,
        stride: Int,
        x: Int,
        y: Int,
        width: Int,
        height: Int,
    ) {}

    companion object {
        @JvmStatic
        fun createBitmap(
            source: Bitmap,
            x: Int,
            y: Int,
            width: Int,
            height: Int,
            m: Matrix?,
            filter: Boolean,
        ): Bitmap = stub()
    }
}

class BitmapFactory {
    class Options {
        @JvmField var inJustDecodeBounds = false

        @JvmField var inSampleSize = 0

        @JvmField var outWidth = 0

        @JvmField var outHeight = 0
    }

    companion object {
        @JvmStatic fun decodeStream(`is`: InputStream?): Bitmap? = stub()

        @JvmStatic fun decodeStream(
            `is`: InputStream?,
            outPadding: Rect?,
            opts: Options?,
        ): Bitmap? = stub()
    }
}

class Rect

class Matrix {
    fun postScale(
        sx: Float,
        sy: Float,
    ): Boolean = stub()

    fun postRotate(degrees: Float): Boolean = stub()
}
