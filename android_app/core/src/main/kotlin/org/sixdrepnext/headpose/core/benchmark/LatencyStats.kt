package org.sixdrepnext.headpose.core.benchmark

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.json.JsonFields
import org.sixdrepnext.headpose.core.json.JsonObject
import org.sixdrepnext.headpose.core.json.json
import org.sixdrepnext.headpose.core.json.rounded
import kotlin.math.floor
import kotlin.math.sqrt

/**
 * Figures of a list of latency samples, milliseconds; null where a foreign tool does not tell.
 *
 * The arithmetic is that of the Python tools (benchmarks/latency.py), down to the rounding.
 */
data class LatencyStats(
    /** Median. */
    val p50: Double,
    /** Arithmetic mean. */
    val mean: Double? = null,
    /** Standard deviation of the sample (n − 1). */
    val std: Double? = null,
    /** Fastest. */
    val min: Double? = null,
    /** 90th percentile; percentiles interpolate linearly. */
    val p90: Double? = null,
    /** 95th percentile. */
    val p95: Double? = null,
    /** 99th percentile. */
    val p99: Double? = null,
    /** Slowest. */
    val max: Double? = null,
    /** As Apple's ModelBench computes it, see [LatencyStats.Companion.trimmedMean]. */
    val trimmedMean: Double? = null,
) {
    internal fun toJson(): JsonObject =
        json(
            "p50" to json(p50),
            "mean" to json(mean),
            "std" to json(std),
            "min" to json(min),
            "p90" to json(p90),
            "p95" to json(p95),
            "p99" to json(p99),
            "max" to json(max),
            "trimmed_mean" to json(trimmedMean),
        )

    /** Arithmetic. */
    companion object {
        /** Samples of a round of ModelBench. */
        const val ROUND = 50

        /** Share of a round that ModelBench leaves out at either end: 10 of 50. */
        const val ROUND_TRIM = 0.2

        private const val DIGITS = 4

        /**
         * The figures of at least one sample in milliseconds, rounded to four digits.
         *
         * @throws HeadPoseException for no samples, or one that is not finite.
         */
        fun of(samplesMs: List<Double>): LatencyStats {
            if (samplesMs.isEmpty() || !samplesMs.all(Double::isFinite)) {
                throw HeadPoseException("a latency needs at least one finite sample: measure again with more rounds")
            }
            val sorted = samplesMs.sorted()
            return LatencyStats(
                p50 = round(percentile(50.0, sorted)),
                mean = round(Sums.mean(samplesMs)),
                std = round(deviation(samplesMs)),
                min = round(sorted.first()),
                p90 = round(percentile(90.0, sorted)),
                p95 = round(percentile(95.0, sorted)),
                p99 = round(percentile(99.0, sorted)),
                max = round(sorted.last()),
                trimmedMean = round(trimmedMean(samplesMs)),
            )
        }

        /**
         * Rounds of 50 samples in order, each without its 10 fastest and 10 slowest; the mean of the rounds' means.
         *
         * A last round that is not full is left out. If it is the only one, a fifth of it (rounded down) goes at either
         * end. Source: the protocol of Apple's ml-mobileone ModelBench, 20 rounds of 50. NaN for no samples.
         */
        fun trimmedMean(samplesMs: List<Double>): Double {
            val full = samplesMs.size / ROUND
            val rounds = if (full == 0) listOf(samplesMs) else samplesMs.take(full * ROUND).chunked(ROUND)
            val means =
                rounds.map { one ->
                    val cut = (one.size * ROUND_TRIM).toInt()
                    Sums.mean(one.sorted().subList(cut, one.size - cut))
                }
            return Sums.mean(means)
        }

        /** A percentile, 0..100, of samples in rising order, by linear interpolation between the two nearest ranks. */
        internal fun percentile(
            percent: Double,
            sorted: List<Double>,
        ): Double {
            val rank = (sorted.size - 1) * (percent / 100)
            val below = floor(rank).toInt()
            val above = minOf(below + 1, sorted.lastIndex)
            val (part, step) = rank - below to sorted[above] - sorted[below]
            return if (part < 0.5) sorted[below] + step * part else sorted[above] - step * (1 - part)
        }

        internal fun round(ms: Double): Double = rounded(ms, DIGITS)

        internal fun of(json: JsonFields) =
            LatencyStats(
                p50 = json.double("p50"),
                mean = json.orNull("mean", JsonFields::double),
                std = json.orNull("std", JsonFields::double),
                min = json.orNull("min", JsonFields::double),
                p90 = json.orNull("p90", JsonFields::double),
                p95 = json.orNull("p95", JsonFields::double),
                p99 = json.orNull("p99", JsonFields::double),
                max = json.orNull("max", JsonFields::double),
                trimmedMean = json.orNull("trimmed_mean", JsonFields::double),
            )

        private fun deviation(samples: List<Double>): Double {
            if (samples.size < 2) return 0.0
            val mean = Sums.mean(samples)
            return sqrt(Sums.sum(samples.map { (it - mean) * (it - mean) }) / (samples.size - 1))
        }
    }
}
