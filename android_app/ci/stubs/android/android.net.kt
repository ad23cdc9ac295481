// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/net/Uri
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.net

import org.sixdrepnext.headpose.stubs.stub

abstract class Uri {
    abstract val lastPathSegment: String?

    companion object {
        @JvmStatic fun fromParts(
            scheme: String,
            ssp: String,
            fragment: String?,
        ): Uri = stub()
    }
}
