// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/media/ExifInterface
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.media

import org.sixdrepnext.headpose.stubs.stub
import java.io.InputStream

class ExifInterface(
    inputStream: InputStream,
) {
    fun getAttributeInt(
        tag: String,
        defaultValue: Int,
    ): Int = stub()

    companion object {
        const val TAG_ORIENTATION = "Orientation"
    }
}
