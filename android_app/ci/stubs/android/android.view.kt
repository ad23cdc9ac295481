// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/view/Display
//   https://developer.android.com/reference/android/view/OrientationEventListener
//   https://developer.android.com/reference/android/view/Surface
//   https://developer.android.com/reference/android/view/View
//   https://developer.android.com/reference/android/view/Window
//   https://developer.android.com/reference/android/view/WindowManager.LayoutParams
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.view

import android.content.Context
import org.sixdrepnext.headpose.stubs.stub

class Display internal constructor() {
    val rotation: Int get() = stub()
}

open class View(
    context: Context,
) {
    val display: Display? get() = stub()
}

class Surface internal constructor() {
    companion object {
        const val ROTATION_0 = 0
        const val ROTATION_90 = 1
        const val ROTATION_180 = 2
        const val ROTATION_270 = 3
    }
}

abstract class Window(
    context: Context,
) {
    fun addFlags(flags: Int) {}

    fun clearFlags(flags: Int) {}

    fun setSustainedPerformanceMode(enable: Boolean) {}
}

interface WindowManager {
    class LayoutParams {
        companion object {
            const val FLAG_KEEP_SCREEN_ON = 128
        }
    }
}

/** Runs: the newest one that is enabled is told by [held]. */
abstract class OrientationEventListener(
    context: Context,
) {
    open fun enable() {
        enabled = this
    }

    open fun disable() {
        if (enabled === this) enabled = null
    }

    abstract fun onOrientationChanged(orientation: Int)

    companion object {
        private var enabled: OrientationEventListener? = null

        /** The phone is held so now; false if nobody wants to know. Not in the real class. */
        fun held(orientation: Int): Boolean = enabled?.onOrientationChanged(orientation) != null
    }
}
