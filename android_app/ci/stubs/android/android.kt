// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/Manifest.permission
//   https://developer.android.com/reference/android/R.string
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android

class Manifest {
    object permission {
        const val CAMERA = "android.permission.CAMERA"
    }
}

class R {
    object string {
        const val ok = 17039370
    }
}
