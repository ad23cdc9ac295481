package org.sixdrepnext.headpose.platform

import android.app.ActivityManager
import android.content.Context
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.pipeline.ThermalSource
import org.sixdrepnext.headpose.core.pipeline.ThermalState
import java.io.File
import kotlin.math.roundToInt

/** Facts of the phone that the app runs on. */
class Phone(
    private val context: Context,
) : ThermalSource {
    private val power: PowerManager get() = context.getSystemService(PowerManager::class.java)

    /** Whether this is an emulator: its times say nothing of a phone. */
    val isEmulator: Boolean
        get() = Build.HARDWARE in listOf("ranchu", "goldfish", "cutf_cvm") || Build.FINGERPRINT.startsWith("generic")

    /** Processors that the app may use. */
    val cores: Int get() = Runtime.getRuntime().availableProcessors()

    /** The facts that a benchmark record keeps; thermal states are filled in by the runner. */
    fun device(): BenchmarkRecord.Device {
        val memory = ActivityManager.MemoryInfo()
        context.getSystemService(ActivityManager::class.java).getMemoryInfo(memory)
        return BenchmarkRecord.Device(
            kind = "android",
            model = "${Build.MANUFACTURER} ${Build.MODEL}",
            soc =
                if (Build.VERSION.SDK_INT >=
                    Build.VERSION_CODES.S
                ) {
                    "${Build.SOC_MANUFACTURER} ${Build.SOC_MODEL}"
                } else {
                    null
                },
            os = "Android ${Build.VERSION.RELEASE}",
            cores = cores,
            memoryGb = (memory.totalMem / 1e8).roundToInt() / 10.0,
            thermalStart = null,
            thermalEnd = null,
            lowPower = power.isPowerSaveMode,
        )
    }

    /** What else tells how the phone was: battery and power. */
    fun conditions(): Map<String, String> {
        val battery = context.getSystemService(BatteryManager::class.java)
        val level = battery.getIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY)
        val known = if (level in 0..100) mapOf("battery" to "$level %") else emptyMap()
        return known + mapOf("power" to if (battery.isCharging) "charging" else "battery")
    }

    /** Null before Android 10, which has no such figure. */
    override fun thermalState(): ThermalState? =
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) ThermalState.of(power.currentThermalStatus) else null

    companion object {
        /** This process's memory: the most that it ever had, and now; null where the system does not tell. */
        fun memory(status: File = File("/proc/self/status")): BenchmarkRecord.Memory? {
            val lines = runCatching { status.readLines() }.getOrDefault(emptyList())

            fun megabytes(name: String) =
                lines
                    .firstOrNull { it.startsWith("$name:") }
                    ?.filter(Char::isDigit)
                    ?.toDoubleOrNull()
                    ?.let { (it * 1.024).roundToInt() / 1000.0 }
            return megabytes("VmHWM")?.let { BenchmarkRecord.Memory(peakMb = it, baseMb = megabytes("VmRSS")) }
        }
    }
}
