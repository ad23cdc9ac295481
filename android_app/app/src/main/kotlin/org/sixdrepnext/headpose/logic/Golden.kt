package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.json.JsonObject
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.models.ModelFacts

/**
 * What Python read from the bundled crop with the shipped weights: assets/example/golden.json.
 *
 * @property size side of the crop in pixels.
 * @property poses rotation by hash of the weights.
 * @property limitDegrees largest error that is right, by format and precision: `tflite/fp16`.
 */
class Golden(
    val size: Int,
    private val poses: Map<String, Matrix3>,
    private val limitDegrees: Map<String, Double>,
) {
    /** What this model should read; null for weights that Python did not read it with, or another input size. */
    fun expected(facts: ModelFacts): Matrix3? = poses[facts.checkpoint.sha256].takeIf { facts.inputSize == size }

    /** Largest error that is right for a model; that of the coarsest for one that is not listed. */
    fun limit(facts: ModelFacts): Double =
        limitDegrees["${facts.target}/${facts.precision}"] ?: limitDegrees.values.max()

    companion object {
        /** Reads the file; HeadPoseException if it is damaged. */
        fun read(text: String): Golden =
            try {
                val whole = JsonValue.parse(text)
                val poses =
                    whole["poses"]!!.items!!.associate { pose ->
                        pose["checkpoint_sha256"]!!.string!! to
                            Matrix3.of(pose["rotation"]!!.items!!.map { it.double!! })
                    }
                val limits = (whole["tolerance_deg"] as JsonObject).values.mapValues { it.value.double!! }
                Golden(whole["size"]!!.double!!.toInt(), poses, limits)
            } catch (error: RuntimeException) {
                throw HeadPoseException("golden.json cannot be read: build the app again from its sources", error)
            }
    }
}
