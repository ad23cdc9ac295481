package org.sixdrepnext.headpose.core.detection

import org.sixdrepnext.headpose.core.geometry.ImagePoint
import org.sixdrepnext.headpose.core.geometry.PixelBox
import kotlin.math.exp
import kotlin.math.min

/** One face in some frame of reference: a square of side 1, or pixels. */
data class Detection(
    /** From above the eyebrows to the chin. */
    val box: PixelBox,
    /** Right eye, left eye, tip of the nose, mouth, right ear, left ear: the person's right and left. */
    val keypoints: List<ImagePoint>,
    /** How sure the detector is, 0..1. */
    val score: Double,
) {
    /** Scaled, then shifted: from units of a square to pixels of the picture that the square was cut from. */
    internal fun moved(
        factor: Double,
        left: Double,
        top: Double,
    ) = Detection(
        PixelBox(
            left = box.left * factor + left,
            top = box.top * factor + top,
            right = box.right * factor + left,
            bottom = box.bottom * factor + top,
        ),
        keypoints.map { ImagePoint(it.x * factor + left, it.y * factor + top) },
        score,
    )

    /** As seen in the left-right mirrored square of side 1: the person's right and left points change places. */
    internal fun mirrored() =
        Detection(
            PixelBox(1 - box.right, box.top, 1 - box.left, box.bottom),
            MIRRORED_POINTS.map { keypoints[it] }.map { ImagePoint(1 - it.x, it.y) },
            score,
        )

    private companion object {
        val MIRRORED_POINTS = listOf(1, 0, 2, 3, 5, 4)
    }
}

/** What the network gives for one picture, by the names of its outputs. */
class FaceNetworkOutput(
    /** `regressors`, 896 · 16: centre, size and six points as offsets from the anchor in input pixels. */
    val regressors: FloatArray,
    /** `classificators`, 896. */
    val logits: FloatArray,
)

/**
 * BlazeFace short-range's output → faces, with the arithmetic of the Python tools (runtime/blazeface.py).
 *
 * The network is Google MediaPipe's (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
 * 2019).
 */
object BlazeFace {
    /** Side of the network's input in pixels. */
    const val INPUT_SIZE = 128

    private const val VALUES = 16
    private const val LOGIT_LIMIT = 100.0 // keeps exp finite
    private const val MIN_OVERLAP = 0.3
    private const val MAX_OVERLAP = 0.3
    private const val MAX_INSIDE = 0.6

    /** Stride and anchors per cell: the three stride-16 layers share their cells. */
    private val LAYERS = listOf(8 to 2, 16 to 6)

    /** Centres of the 896 anchors in units of the input's side, row by row; every anchor has size 1. */
    val anchorCenters: List<ImagePoint> =
        LAYERS.flatMap { (stride, perCell) ->
            val cells = INPUT_SIZE / stride
            (0 until cells * cells).flatMap { cell ->
                List(perCell) { ImagePoint((cell % cells + 0.5) / cells, (cell / cells + 0.5) / cells) }
            }
        }

    /** Network output → candidates in units of the input's side, before merging, best first. */
    fun decode(
        output: FaceNetworkOutput,
        minScore: Double,
    ): List<Detection> =
        anchorCenters.indices
            .filter { score(output.logits[it]) >= minScore }
            .map { candidate(it, output) }
            .filter { it.isSound() }
            .sortedByDescending { it.score }

    private fun score(logit: Float): Double = 1 / (1 + exp(-logit.toDouble().coerceIn(-LOGIT_LIMIT, LOGIT_LIMIT)))

    private fun candidate(
        anchor: Int,
        output: FaceNetworkOutput,
    ): Detection {
        val center = anchorCenters[anchor]
        val pairs =
            List(VALUES / 2) {
                val place = anchor * VALUES + 2 * it
                ImagePoint(
                    output.regressors[place].toDouble() / INPUT_SIZE,
                    output.regressors[place + 1].toDouble() / INPUT_SIZE,
                )
            }
        val middle = center + pairs[0]
        val half = pairs[1] * 0.5
        val box = PixelBox(middle.x - half.x, middle.y - half.y, middle.x + half.x, middle.y + half.y)
        return Detection(box, pairs.drop(2).map { center + it }, score(output.logits[anchor]))
    }

    private fun Detection.isSound() =
        listOf(box.left, box.top, box.right, box.bottom).all(Double::isFinite) && box.width > 0 && box.height > 0

    /** Weighted non-maximum suppression: each face is the score-weighted mean of the boxes that overlap its best one. */
    fun merge(found: List<Detection>): List<Detection> {
        val faces = ArrayList<Detection>()
        var rest = found
        while (rest.isNotEmpty()) {
            val best = rest.first()
            val (same, others) = rest.partition { it === best || best.box.overlap(it.box) >= MIN_OVERLAP }
            faces += average(same)
            rest = others
        }
        return faces.sortedByDescending { it.score }
    }

    /** Keep the best of faces that overlap or lie inside each other: a face seen in several squares is one face. */
    fun suppress(found: List<Detection>): List<Detection> {
        val kept = ArrayList<Detection>()
        for (face in found) {
            val known =
                kept.any { face.box.overlap(it.box) >= MAX_OVERLAP || ofSmaller(face.box, it.box) >= MAX_INSIDE }
            if (!known) kept += face
        }
        return kept
    }

    /** Sightings of one face → one: the score-weighted mean of boxes and points, and the first one's score. */
    internal fun average(group: List<Detection>): Detection {
        val total = group.sumOf { it.score }

        fun mean(value: (Detection) -> Double) = group.sumOf { it.score / total * value(it) }
        val box = PixelBox(mean { it.box.left }, mean { it.box.top }, mean { it.box.right }, mean { it.box.bottom })
        val points =
            group.first().keypoints.indices.map { index ->
                ImagePoint(mean { it.keypoints[index].x }, mean { it.keypoints[index].y })
            }
        return Detection(box, points, group.first().score)
    }

    /** Common area over the smaller of the two. */
    internal fun ofSmaller(
        a: PixelBox,
        b: PixelBox,
    ): Double = a.intersection(b) / min(a.area, b.area)
}
