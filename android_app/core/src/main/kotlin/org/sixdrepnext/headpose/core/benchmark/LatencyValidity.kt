package org.sixdrepnext.headpose.core.benchmark

import org.sixdrepnext.headpose.core.json.fixed
import org.sixdrepnext.headpose.core.json.signedFixed
import kotlin.math.abs

/** Whether latency samples may be quoted: the rules, and the sentences, of the Python tools (benchmarks/latency.py). */
object LatencyValidity {
    /** Below this a p95 is one sample. */
    const val MINIMUM_SAMPLES = 20

    /** Seconds of all samples together; below this one interruption is all that was seen. */
    const val MINIMUM_SECONDS = 0.25

    /** Medians of the first and the last third: a device that heats up or gets busy. */
    const val MAXIMUM_DRIFT = 0.10

    /** p90 / p50: other work on the same cores. */
    const val MAXIMUM_SPREAD = 1.5

    /** Wall clock against monotonic clock, seconds: the device slept, or its clock was set. */
    const val MAXIMUM_CLOCK_JUMP_SECONDS = 1.0

    /** What else was seen while the samples were taken; the usual values say nothing against a measurement. */
    data class Circumstances(
        /** Whether something else than the device's own engine ran. */
        val emulated: Boolean = false,
        /** By how much the wall clock ran ahead of the monotonic one, seconds. */
        val clockJumpSeconds: Double = 0.0,
        /** The thermal state in the system's words if it slowed the device down, else null. */
        val throttled: String? = null,
    ) {
        internal val reasons: List<String>
            get() =
                listOfNotNull(
                    "the times are those of an emulation".takeIf { emulated },
                    throttled?.let { "the device was throttled: thermal state $it" },
                    jump().takeIf { abs(clockJumpSeconds) > MAXIMUM_CLOCK_JUMP_SECONDS },
                )

        private fun jump() =
            "the clock jumped by ${signedFixed(clockJumpSeconds, 0)} s: the computer slept, or its time was set"
    }

    /** Why these samples, milliseconds in the order they were taken, may not be quoted; empty if they may. */
    fun reasons(
        samplesMs: List<Double>,
        seen: Circumstances = Circumstances(),
    ): List<String> {
        if (samplesMs.size < MINIMUM_SAMPLES) return seen.reasons + few(samplesMs.size)
        val sorted = samplesMs.sorted()
        val (p50, p90) = LatencyStats.percentile(50.0, sorted) to LatencyStats.percentile(90.0, sorted)
        return seen.reasons +
            listOfNotNull(short(Sums.sum(samplesMs) / 1e3), drift(samplesMs), spread("p90", p90, p50))
    }

    /** The same of a tool that tells figures and no samples; drift cannot be seen then. */
    fun reasons(
        stats: LatencyStats,
        iterations: Int,
        seen: Circumstances = Circumstances(),
    ): List<String> {
        if (iterations < MINIMUM_SAMPLES) return seen.reasons + few(iterations)
        val seconds = iterations * (stats.mean ?: stats.p50) / 1e3
        val high = stats.p90?.let { "p90" to it } ?: stats.p95?.let { "p95" to it }
        return seen.reasons + listOfNotNull(short(seconds), high?.let { spread(it.first, it.second, stats.p50) })
    }

    private fun few(count: Int) = "$count samples, fewer than $MINIMUM_SAMPLES"

    private fun short(seconds: Double): String? =
        "${fixed(seconds, 2)} s of samples, less than $MINIMUM_SECONDS s".takeIf { seconds < MINIMUM_SECONDS }

    private fun drift(samples: List<Double>): String? {
        val third = samples.size / 3
        val drift = median(samples.takeLast(third)) / median(samples.take(third)) - 1
        if (!(abs(drift) > MAXIMUM_DRIFT)) return null // nor for 0 / 0
        return "the median drifted by ${signedFixed(drift * 100, 0)}% from the first to the last third"
    }

    private fun spread(
        name: String,
        high: Double,
        p50: Double,
    ): String? {
        if (high <= MAXIMUM_SPREAD * p50) return null
        return "$name is ${fixed(high / p50, 1)} times p50: other work ran on the same cores"
    }

    private fun median(samples: List<Double>) = LatencyStats.percentile(50.0, samples.sorted())
}
