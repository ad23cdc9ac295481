// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/androidx/test/ext/junit/runners/AndroidJUnit4
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.test.ext.junit.runners

class AndroidJUnit4
