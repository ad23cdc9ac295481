// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/app/Activity
//   https://developer.android.com/reference/android/app/ActivityManager
//   https://developer.android.com/reference/android/app/Instrumentation
//   https://developer.android.com/reference/android/app/Application
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.app

import android.content.Context
import android.os.Bundle
import android.view.Window
import org.sixdrepnext.headpose.stubs.stub

open class Application : Context()

open class Activity : Context() {
    open val window: Window? get() = stub()
    open val isChangingConfigurations: Boolean get() = stub()

    open fun shouldShowRequestPermissionRationale(permission: String): Boolean = stub()

    protected open fun onCreate(savedInstanceState: Bundle?) {}

    protected open fun onResume() {}
}

class Instrumentation {
    val targetContext: Context get() = stub()
}

class ActivityManager internal constructor() {
    class MemoryInfo {
        @JvmField var totalMem: Long = 0
    }

    fun getMemoryInfo(outInfo: MemoryInfo) {}
}
