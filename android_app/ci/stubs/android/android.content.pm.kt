// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/content/pm/PackageManager
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.content.pm

abstract class PackageManager {
    companion object {
        const val PERMISSION_GRANTED = 0
    }
}
