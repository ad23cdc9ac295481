// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/net/Uri
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.net

import android.os.Parcelable
import org.sixdrepnext.headpose.stubs.stub

abstract class Uri internal constructor() : Parcelable {
    abstract val lastPathSegment: String?

    companion object {
        @JvmStatic fun fromParts(
            scheme: String,
            ssp: String,
            fragment: String?,
        ): Uri = Parts(ssp)
    }
}

private class Parts(
    override val lastPathSegment: String,
) : Uri()
