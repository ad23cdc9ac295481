package org.sixdrepnext.headpose.core.benchmark

/** Which figure of its samples a protocol quotes. */
enum class Figure(
    /** Name in records. */
    val id: String,
) {
    /** The median. */
    P50("p50"),

    /** The mean of ModelBench. */
    TRIMMED_MEAN("trimmed_mean"),
}

/** Rules of measuring. */
data class MeasuringProtocol(
    /** Name that the result carries. */
    val name: String,
    /** How often the model is opened anew. */
    val rounds: Int,
    /** How often it is opened in a round, each time timed; the last one stays open. */
    val loads: Int,
    /** Inferences of a round that are not kept. */
    val warmup: Int,
    /** Inferences of a round that are kept. */
    val iterations: Int,
    /** Go on with the last round until all kept inferences together took so long. */
    val minSeconds: Double,
    /** Which figure of its samples is quoted. */
    val figure: Figure,
) {
    /** The figure that is quoted of a record. */
    fun quoted(stats: LatencyStats): Double? = if (figure == Figure.P50) stats.p50 else stats.trimmedMean

    /** The protocols of the Python tools. */
    companion object {
        /** Ours: warm-up, then a thousand inferences in one go, the median. */
        val HEADPOSE = MeasuringProtocol("headpose", 1, 3, 50, 1000, 2.0, Figure.P50)

        /**
         * Apple's ml-mobileone ModelBench: 20 rounds of 50, the model re-created for each, one warm-up dropped, the 10
         * fastest and the 10 slowest of a round left out, the mean of the rounds' means.
         */
        val MODEL_BENCH = MeasuringProtocol("modelbench", 20, 1, 1, 50, 0.0, Figure.TRIMMED_MEAN)

        /** What Xcode's performance report does: 3 times 3 loads and 40 predictions, the median of all 120. */
        val XCODE = MeasuringProtocol("xcode", 3, 3, 0, 40, 0.0, Figure.P50)

        /** All of them. */
        val ALL: List<MeasuringProtocol> = listOf(HEADPOSE, MODEL_BENCH, XCODE)
    }
}

/** A named way to measure, for a picker; the rules are those of the iPhone app, so that figures can be set side by side. */
data class BenchmarkPreset(
    /** The name that the Python tools take with --preset. */
    val id: String,
    /** For people. */
    val title: String,
    /** One result each. */
    val protocols: List<MeasuringProtocol>,
    /** Identifier of the iPhone whose published figures were measured by these rules; null for a preset without any. */
    val deviceModel: String? = null,
    /** Its system when they were published. */
    val osVersion: String? = null,
) {
    /** The presets of the Python tools. */
    companion object {
        /** Our own protocol. */
        val OURS = BenchmarkPreset("headpose", "Ours", listOf(MeasuringProtocol.HEADPOSE))

        /** As RepNeXt measured what it published of an iPhone 12 with iOS 16, and by our own and ModelBench's rules. */
        val PUBLISHED =
            BenchmarkPreset(
                id = "iphone12-ios16",
                title = "Published (RepNeXt, iPhone 12)",
                protocols =
                    listOf(MeasuringProtocol.XCODE, MeasuringProtocol.HEADPOSE, MeasuringProtocol.MODEL_BENCH),
                deviceModel = "iPhone13,2",
                osVersion = "16.0.2",
            )

        /** 20 rounds of 50, trimmed mean. */
        val MODEL_BENCH = BenchmarkPreset("modelbench", "ModelBench", listOf(MeasuringProtocol.MODEL_BENCH))

        /** Xcode's performance report. */
        val XCODE = BenchmarkPreset("xcode", "Xcode performance report", listOf(MeasuringProtocol.XCODE))

        /** All of them, in the order of a picker. */
        val ALL: List<BenchmarkPreset> = listOf(OURS, PUBLISHED, MODEL_BENCH, XCODE)
    }
}
