// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/provider/OpenableColumns
//   https://developer.android.com/reference/android/provider/Settings
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.provider

interface OpenableColumns {
    companion object {
        const val DISPLAY_NAME = "_display_name"
    }
}

class Settings {
    companion object {
        const val ACTION_APPLICATION_DETAILS_SETTINGS = "android.settings.APPLICATION_DETAILS_SETTINGS"
    }
}
