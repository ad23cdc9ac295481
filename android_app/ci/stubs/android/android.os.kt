// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/os/Build
//   https://developer.android.com/reference/android/os/Build.VERSION
//   https://developer.android.com/reference/android/os/Build.VERSION_CODES
//   https://developer.android.com/reference/android/os/Bundle
//   https://developer.android.com/reference/android/os/BatteryManager
//   https://developer.android.com/reference/android/os/Parcelable
//   https://developer.android.com/reference/android/os/PowerManager
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.os

import org.sixdrepnext.headpose.stubs.stub

interface Parcelable

class Bundle : Parcelable {
    fun getString(key: String?): String? = stub()
}

class Build {
    object VERSION {
        @JvmField val SDK_INT = 36

        @JvmField val RELEASE = "16"
    }

    object VERSION_CODES {
        const val Q = 29
        const val S = 31
    }

    companion object {
        @JvmField val FINGERPRINT = "stub/stub"

        @JvmField val HARDWARE = "stub"

        @JvmField val MANUFACTURER = "Stub"

        @JvmField val MODEL = "Phone"

        @JvmField val SOC_MANUFACTURER = "Stub"

        @JvmField val SOC_MODEL = "S1"
    }
}

class BatteryManager internal constructor() {
    val isCharging: Boolean get() = stub()

    fun getIntProperty(id: Int): Int = stub()

    companion object {
        const val BATTERY_PROPERTY_CAPACITY = 4
    }
}

class PowerManager internal constructor() {
    val isPowerSaveMode: Boolean get() = stub()
    val currentThermalStatus: Int get() = stub()
}
