package org.sixdrepnext.headpose.core.benchmark

import org.sixdrepnext.headpose.core.pipeline.HostClock
import org.sixdrepnext.headpose.core.pipeline.ThermalState

/** What was taken while a model was measured. */
internal class Taken(
    private val clock: HostClock,
    val thermalStart: ThermalState?,
) {
    val wallStart = clock.wallSeconds()
    private val steadyStart = clock.monotonicSeconds()
    private var keptMs = 0.0
    private val samples = ArrayList<Double>()

    val loadsMs = ArrayList<Double>()
    val samplesMs: List<Double> get() = samples
    var used: String? = null
    var memory: BenchmarkRecord.Memory? = null
    var firstMs: Double? = null
        private set

    /** The first inference of all is kept by itself. */
    fun noteFirst(ms: Double) {
        if (firstMs == null) firstMs = ms
    }

    fun keep(ms: Double) {
        noteFirst(ms)
        samples += ms
        keptMs += ms
    }

    fun needsMore(
        wanted: Int,
        minimumSeconds: Double,
    ): Boolean {
        if (samples.size < wanted) return true
        return samples.size < BenchmarkRunner.MAXIMUM_SAMPLES && keptMs / 1e3 < minimumSeconds
    }

    /** By how much the wall clock ran ahead of the monotonic one since the start, seconds. */
    fun clockJumpSeconds(): Double = (clock.wallSeconds() - wallStart) - (clock.monotonicSeconds() - steadyStart)

    /** The first opening, and the median of the others. */
    val loadTimes: BenchmarkRecord.LoadTimes
        get() {
            val others = loadsMs.drop(1).sorted()
            val warm = if (others.isEmpty()) null else LatencyStats.percentile(50.0, others)
            return BenchmarkRecord.LoadTimes(
                cold = loadsMs.firstOrNull()?.let(LatencyStats::round),
                warm = warm?.let(LatencyStats::round),
            )
        }
}
