package org.sixdrepnext.headpose.core.benchmark

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.json.CanonicalJson
import org.sixdrepnext.headpose.core.json.JsonArray
import org.sixdrepnext.headpose.core.json.JsonValue

/**
 * One latency measurement as it is stored: what ran, where, every sample, and whether the figures can be trusted.
 *
 * The same record as the Python tools write for computers and phones; benchmarks/schema.json describes it.
 */
data class BenchmarkRecord(
    /** What ran. */
    val model: Model,
    /** Where. */
    val device: Device,
    /** How. */
    val run: Run,
    /** Opening the model. */
    val loadMs: LoadTimes,
    /** The first inference, which allocates; null where it was not told. */
    val firstMs: Double?,
    /** Every inference after the warm-up, in order, milliseconds. */
    val samplesMs: List<Double>,
    /** Figures of the samples. */
    val latencyMs: LatencyStats,
    /** Figures of each stage of a sample that was timed by itself, by [Stage.id]. */
    val stagesMs: Map<String, LatencyStats> = emptyMap(),
    /** null where it was not measured. */
    val memoryMb: Memory? = null,
    /** Energy of one inference, millijoules; null where the platform does not tell. */
    val energyMj: Double? = null,
    /** Which compute units the operators went to; empty where nothing tells. */
    val placement: List<UnitShare> = emptyList(),
    /** Time by kind of operator, slowest first; empty if it was not asked for. */
    val operators: List<OperatorTime> = emptyList(),
    /** Errors of this very file; null if they were not measured. */
    val accuracy: Accuracy? = null,
    /** Figures of this very file's parity with PyTorch, as its metadata has them; null if it has none. */
    val parity: JsonValue? = null,
    /** Versions of the packages that made and ran it. */
    val tools: Map<String, String> = emptyMap(),
    /** UTC time, ISO 8601. */
    val created: String,
    /** Why the figures may not be quoted; empty if they may. */
    val invalidReasons: List<String>,
    /** Whether the figures may be quoted. */
    val valid: Boolean = invalidReasons.isEmpty(),
    /** Version of the record that was read. */
    val schema: Int = SCHEMA_VERSION,
) {
    /**
     * The record in the form that Python agrees with byte for byte; write it in UTF-8.
     *
     * @throws HeadPoseException for a number that is not finite.
     */
    val canonicalJson: String get() = CanonicalJson.text(RecordJson.of(this))

    /** What a sample may hold. */
    enum class Stage(
        /** Name in records. */
        val id: String,
    ) {
        /** Finding faces. */
        DETECT("detect"),

        /** Cutting and resizing. */
        CROP("crop"),

        /** The network. */
        INFERENCE("inference"),

        /** The matrix to angles. */
        DECODE("decode"),
    }

    /** What ran. */
    data class Model(
        /** Name of the artefact, <model>_<backbone>_<precision>. */
        val name: String,
        /** Backbone name. */
        val backbone: String,
        /** `tflite` or `onnx` here. */
        val target: String,
        /** `fp32`, `fp16`, … */
        val precision: String,
        /** Side of the square input in pixels. */
        val inputSize: Int,
        /** Hash of the file. */
        val sha256: String,
        /** Size on disk. */
        val sizeBytes: Long,
        /** False for seeded weights; latency does not depend on it. */
        val trained: Boolean,
        /** Hash of the weights. */
        val checkpointSha256: String,
        /** `commit` of the exporter and whether its tree was `dirty`. */
        val git: JsonValue,
    )

    /** Where it ran. */
    data class Device(
        /** `android` here. */
        val kind: String = "android",
        /** The phone's model, `Pixel 8a`. */
        val model: String,
        /** System on chip, null where it is not known. */
        val soc: String?,
        /** Operating system and version. */
        val os: String,
        /** Processors. */
        val cores: Int,
        /** Installed memory, 10⁹ bytes. */
        val memoryGb: Double?,
        /** Thermal state before, as the system names it; the runner fills it in. */
        val thermalStart: String? = null,
        /** Thermal state after; the runner fills it in. */
        val thermalEnd: String? = null,
        /** Whether a power-saving mode was on. */
        val lowPower: Boolean? = null,
    )

    /** How it was measured. */
    data class Run(
        /** Program that measured. */
        val tool: String,
        /** What executed the file, with its version. */
        val engine: String,
        /** Threads asked for, null for the engine's own choice. */
        val threads: Int?,
        /** [Accelerator.id]. */
        val computeUnitsRequested: String,
        /** What the operators ran on in fact, null where the engine does not tell. */
        val computeUnitsUsed: String?,
        /** True when the times are those of an emulation, as in the emulator: they say nothing of a device. */
        val emulated: Boolean,
        /** Inferences before the first sample, the first one of all included. */
        val warmup: Int,
        /** Inferences that were timed. */
        val iterations: Int,
        /** Names of the models that took turns with this one. */
        val interleavedWith: List<String> = emptyList(),
        /** Stages inside a sample, [Stage.id]. */
        val includes: List<String> = listOf(Stage.INFERENCE.id),
        /** Whose rules of measuring were followed. */
        val protocol: String = MeasuringProtocol.HEADPOSE.name,
        /** How the engine runs the model where it has several ways. */
        val mode: String = "",
        /** What else the system told, in its own words. */
        val conditions: Map<String, String> = emptyMap(),
    )

    /** From the path to a model that is ready, milliseconds; null where it was not measured. */
    data class LoadTimes(
        /** The first time, when the phone compiles the model for its accelerator. */
        val cold: Double?,
        /** Again. */
        val warm: Double?,
    )

    /** Resident memory, 10⁶ bytes. */
    data class Memory(
        /** Of the whole process while it ran. */
        val peakMb: Double,
        /** Of the process before the model was opened. */
        val baseMb: Double?,
    )

    /** What one compute unit was given. */
    data class UnitShare(
        /** `cpu`, `gpu`, `npu` or `ane`; on one device each once. */
        val unit: String,
        /** How many of the model's operators. */
        val operators: Int,
        /** Their part of the estimated cost, 0..1. */
        val costShare: Double?,
    )

    /** Operators of one kind. */
    data class OperatorTime(
        /** As the engine names it. */
        val kind: String,
        /** Operators of this kind that ran for one inference. */
        val calls: Int,
        /** All of them together, mean of an inference. */
        val ms: Double,
        /** Of the time of all operators, 0..1. */
        val share: Double,
    )

    /** Errors of this very file against labels, degrees. */
    data class Accuracy(
        /** Name of the labelled faces. */
        val dataset: String,
        /** How many. */
        val n: Int,
        /** Mean geodesic error. */
        val geodesicMeanDeg: Double,
        /** 2.5th percentile of its bootstrap. */
        val geodesicLowDeg: Double?,
        /** 97.5th percentile of its bootstrap. */
        val geodesicHighDeg: Double?,
        /** Mean absolute error of yaw, pitch and roll, wrapped at ±360°; null if only the export measured. */
        val maeDeg: Double?,
    )

    /** Making, reading, and lists. */
    companion object {
        /** Version of this record. */
        const val SCHEMA_VERSION = 2

        /** Sentence of the Python tools against figures of a phone in a power-saving mode. */
        private const val POWER_SAVING = "power saving was on"

        /**
         * A record of at least one sample; figures and validity are computed from what is given.
         *
         * @param seen what else was seen while the samples were taken.
         * @param also further reasons against the figures.
         * @throws HeadPoseException for no samples.
         */
        fun measured(
            model: Model,
            device: Device,
            run: Run,
            loadMs: LoadTimes,
            firstMs: Double?,
            samplesMs: List<Double>,
            created: String,
            seen: LatencyValidity.Circumstances = LatencyValidity.Circumstances(),
            also: List<String> = emptyList(),
        ): BenchmarkRecord {
            val backend = Accelerator.entries.firstOrNull { it.id == run.computeUnitsRequested }
            val reasons =
                LatencyValidity.reasons(samplesMs, seen) +
                    listOfNotNull(
                        POWER_SAVING.takeIf { device.lowPower == true },
                        backend?.reason(run.computeUnitsUsed),
                    ) + also
            return BenchmarkRecord(
                model = model,
                device = device,
                run = run,
                loadMs = loadMs,
                firstMs = firstMs,
                samplesMs = samplesMs,
                latencyMs = LatencyStats.of(samplesMs),
                created = created,
                invalidReasons = reasons.distinct(),
            )
        }

        /**
         * A record that was written before; every field must be there and none besides.
         *
         * @throws HeadPoseException naming [what] if it is damaged or of another version.
         */
        fun read(
            text: String,
            what: String = "the result",
        ): BenchmarkRecord {
            val record = RecordJson.read(text, what)
            if (record.schema != SCHEMA_VERSION) {
                val versions = "schema ${record.schema}, this version reads $SCHEMA_VERSION"
                throw HeadPoseException("$what cannot be read ($versions): measure again")
            }
            if (CanonicalJson.text(JsonValue.parse(text)) != record.canonicalJson) {
                throw HeadPoseException("$what has fields that this version does not know: update the app")
            }
            return record
        }

        /**
         * Several records as one JSON list, as the app hands them out.
         *
         * @throws HeadPoseException for a number that is not finite.
         */
        fun canonicalJson(records: List<BenchmarkRecord>): String =
            CanonicalJson.text(JsonArray(records.map(RecordJson::of)))
    }
}
