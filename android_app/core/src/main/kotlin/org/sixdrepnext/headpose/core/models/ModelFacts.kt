package org.sixdrepnext.headpose.core.models

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.geometry.CropRule
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.SixD
import org.sixdrepnext.headpose.core.json.JsonFields
import org.sixdrepnext.headpose.core.json.JsonObject
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.json.json

/** What a network gives. */
enum class NetworkOutput(
    /** Name in the record. */
    val id: String,
) {
    /** (1, 3, 3), the matrix. */
    ROTATION("rotation"),

    /** (1, 6), see [SixD]. */
    SIXD("sixd"),
}

/** Where weights came from. */
data class Checkpoint(
    /** File name, or `default-m4` and the like. */
    val source: String,
    /** Hash of the weights. */
    val sha256: String,
    /** False for seeded weights: the poses mean nothing, and a person must be told. */
    val trained: Boolean,
    /** Data that the weights were fitted to. */
    val trainingData: String,
    /** Licence of the weights. */
    val licence: String,
)

/** What an artefact says of itself: the record in its manifest line and in its own metadata (key `headpose`). */
data class ModelFacts(
    /** <model>_<backbone>_<precision>, also the file's stem. */
    val name: String,
    /** Network family. */
    val model: String,
    /** Backbone name, `repnext_m4`. */
    val backbone: String,
    /** `coreml`, `onnx` or `tflite`. */
    val target: String,
    /** `fp16`, … */
    val precision: String,
    /** What the network gives. */
    val output: NetworkOutput,
    /** Side of the square input in pixels. */
    val inputSize: Int,
    /** Input contract: name, layout, channels, range, shape. */
    val input: JsonValue,
    /** Mean and deviation that are inside the graph: nothing to do for the app. */
    val normalization: JsonValue,
    /** The crop rule to apply to a face's box. */
    val crop: CropRule,
    /** Conventions in words and formulas. */
    val conventions: Map<String, String>,
    /** The weights. */
    val checkpoint: Checkpoint,
    /** Commit of the exporter and whether its tree was dirty. */
    val git: JsonValue,
    /** Versions of the packages that made the file. */
    val tools: Map<String, String>,
    /** UTC time, ISO 8601. */
    val created: String,
    /** Figures of the parity check (`mean_deg`, `max_deg`, `passed`, …), null before it ran. */
    val parity: JsonValue?,
    /** How the numbers were made smaller, null for float files. */
    val quantization: JsonValue?,
    /** Errors against labels, null if they were not measured. */
    val accuracy: JsonValue?,
    /** Licence of the graph. */
    val license: String,
    /** Version of the record. */
    val schema: Int,
) {
    /**
     * The rotation of what the network gave, row after row.
     *
     * @throws HeadPoseException for another count than [output] has, or numbers that are not finite.
     */
    fun rotation(output: FloatArray): Matrix3 =
        when (this.output) {
            NetworkOutput.ROTATION -> Matrix3.of(output)
            NetworkOutput.SIXD -> SixD.of(output.map(Float::toDouble)).rotation
        }

    /** The facts that a benchmark record keeps, of a file whose hash and size are known. */
    fun recordModel(
        sha256: String,
        sizeBytes: Long,
    ): BenchmarkRecord.Model =
        BenchmarkRecord.Model(
            name = name,
            backbone = backbone,
            target = target,
            precision = precision,
            inputSize = inputSize,
            sha256 = sha256,
            sizeBytes = sizeBytes,
            trained = checkpoint.trained,
            checkpointSha256 = checkpoint.sha256,
            git = git,
        )

    internal fun checked(what: String): ModelFacts {
        if (schema != SCHEMA_VERSION) {
            throw HeadPoseException(
                "$what has metadata of schema $schema, this version reads $SCHEMA_VERSION: export it again",
            )
        }
        return this
    }

    internal fun toJson(): JsonObject =
        json(
            "name" to json(name),
            "model" to json(model),
            "backbone" to json(backbone),
            "target" to json(target),
            "precision" to json(precision),
            "output" to json(output.id),
            "input_size" to json(inputSize),
            "input" to input,
            "normalization" to normalization,
            "crop" to crop.toJson(),
            "conventions" to json(conventions),
            "checkpoint" to checkpoint.toJson(),
            "git" to git,
            "tools" to json(tools),
            "created" to json(created),
            "parity" to (parity ?: json(null as String?)),
            "quantization" to (quantization ?: json(null as String?)),
            "accuracy" to (accuracy ?: json(null as String?)),
            "license" to json(license),
            "schema" to json(schema),
        )

    /** Reading. */
    companion object {
        /** Version of the record that this app reads. */
        const val SCHEMA_VERSION = 1

        /** Name of the record in a model's own metadata. */
        const val METADATA_KEY = "headpose"

        /**
         * The record inside a model's own metadata.
         *
         * @throws HeadPoseException naming [what] if it is damaged or of another version.
         */
        fun read(
            text: String,
            what: String,
        ): ModelFacts = JsonFields.read(text, "the metadata of $what", "export it again", ::of).checked(what)

        internal fun of(json: JsonFields) =
            ModelFacts(
                name = json.string("name"),
                model = json.string("model"),
                backbone = json.string("backbone"),
                target = json.string("target"),
                precision = json.string("precision"),
                output = json.choice("output", NetworkOutput.entries) { it.id },
                inputSize = json.int("input_size"),
                input = json.any("input"),
                normalization = json.any("normalization"),
                crop = cropOf(json.fields("crop")),
                conventions = json.texts("conventions"),
                checkpoint = checkpointOf(json.fields("checkpoint")),
                git = json.any("git"),
                tools = json.texts("tools"),
                created = json.string("created"),
                parity = json.orNull("parity", JsonFields::any),
                quantization = json.orNull("quantization", JsonFields::any),
                accuracy = json.orNull("accuracy", JsonFields::any),
                license = json.string("license"),
                schema = json.int("schema"),
            )
    }
}

private fun CropRule.toJson() =
    json(
        "name" to json(name),
        "scale" to json(scale),
        "shift_y" to json(shiftY),
        "outside" to json(outside),
        "rounding" to json(rounding),
    )

private fun cropOf(json: JsonFields) =
    CropRule(
        name = json.string("name"),
        scale = json.double("scale"),
        shiftY = json.double("shift_y"),
        outside = json.string("outside"),
        rounding = json.string("rounding"),
    )

private fun Checkpoint.toJson() =
    json(
        "source" to json(source),
        "sha256" to json(sha256),
        "trained" to json(trained),
        "training_data" to json(trainingData),
        "licence" to json(licence),
    )

private fun checkpointOf(json: JsonFields) =
    Checkpoint(
        source = json.string("source"),
        sha256 = json.string("sha256"),
        trained = json.bool("trained"),
        trainingData = json.string("training_data"),
        licence = json.string("licence"),
    )
