package org.sixdrepnext.headpose.core.pipeline

import kotlinx.coroutines.delay

/** Time, so that tests can make their own. */
interface HostClock {
    /** Seconds that only go forward, and stand still while the device sleeps. */
    fun monotonicSeconds(): Double

    /** Seconds since 1970, as the person's clock shows them. */
    fun wallSeconds(): Double

    /** Waits; can be cancelled. */
    suspend fun sleep(seconds: Double)
}

/**
 * The device's own time.
 *
 * On Android `System.nanoTime` is CLOCK_MONOTONIC, which stops in deep sleep
 * (https://developer.android.com/reference/android/os/SystemClock).
 */
object SystemClock : HostClock {
    override fun monotonicSeconds(): Double = System.nanoTime() / 1e9

    override fun wallSeconds(): Double = System.currentTimeMillis() / 1e3

    override suspend fun sleep(seconds: Double) = delay((seconds * 1e3).toLong())
}

/**
 * Thermal states by the names of Android's PowerManager, coolest first; the Python tools use the same.
 *
 * Source: https://developer.android.com/reference/android/os/PowerManager#THERMAL_STATUS_NONE
 */
enum class ThermalState(
    /** Name in records. */
    val id: String,
) {
    /** Not throttled. */
    NONE("none"),

    /** Throttled slightly, not to be noticed. */
    LIGHT("light"),

    /** Throttled, still not to be noticed much. */
    MODERATE("moderate"),

    /** Throttled so that people notice. */
    SEVERE("severe"),

    /** Everything is done to cool. */
    CRITICAL("critical"),

    /** Parts are being switched off. */
    EMERGENCY("emergency"),

    /** About to switch off. */
    SHUTDOWN("shutdown"),
    ;

    /** Whether the system slows down in this state. */
    val throttles: Boolean get() = this > NONE

    /** States by Android's numbers. */
    companion object {
        /** The state of `PowerManager.getCurrentThermalStatus`; null for a number that is not known. */
        fun of(status: Int): ThermalState? = entries.getOrNull(status)
    }
}

/** Where the thermal state comes from. */
fun interface ThermalSource {
    /** The state now; null where the system does not tell, as before Android 10. */
    fun thermalState(): ThermalState?
}
