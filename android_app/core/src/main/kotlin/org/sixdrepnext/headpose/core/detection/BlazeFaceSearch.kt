package org.sixdrepnext.headpose.core.detection

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.pipeline.DetectedFace
import org.sixdrepnext.headpose.core.pixels.PixelCutter
import org.sixdrepnext.headpose.core.pixels.PixelSource
import kotlin.math.floor
import kotlin.math.max
import kotlin.math.round

/** Runs BlazeFace on one square picture. */
fun interface FaceNetwork {
    /** 128 · 128 · 3 numbers, R G B of each pixel row after row, −1..1 → the network's two outputs. */
    fun run(input: FloatArray): FaceNetworkOutput
}

/**
 * Finds near faces: a look at the whole picture, then a closer look at each candidate, plain and mirrored, in two sizes.
 *
 * The search "whole" of the Python tools (runtime/detector.py). A face keeps its score from look to look, most mistakes do
 * not; and every face is framed alike, as the crop rule expects. Not safe for use by several threads at once.
 *
 * @param minScore faces with a lower score are left out.
 */
class BlazeFaceSearch(
    private val network: FaceNetwork,
    private val minScore: Double = 0.65,
) {
    private val input = FloatArray(BlazeFace.INPUT_SIZE * BlazeFace.INPUT_SIZE * 3)

    init {
        if (!(minScore > 0 && minScore <= 1)) {
            throw HeadPoseException("the face score must lie above 0 and at most at 1, not at $minScore: 0.65 is usual")
        }
    }

    /** Faces in pixels of the upright picture, best score first; none is no error. */
    fun find(source: PixelSource): List<DetectedFace> = detect(source).map { DetectedFace(it.box, it.score) }

    /** The same with their key points. */
    fun detect(source: PixelSource): List<Detection> {
        val size = source.geometry.uprightSize
        val side = max(size.width, size.height)
        val (left, top) = Math.floorDiv(size.width - side, 2) to Math.floorDiv(size.height - side, 2)
        val candidates = BlazeFace.suppress(look(source, left, top, side))
        val faces = candidates.mapNotNull { lookCloser(source, it.box) }
        return BlazeFace.suppress(faces.sortedByDescending { it.score })
    }

    private fun look(
        source: PixelSource,
        left: Int,
        top: Int,
        side: Int,
        mirrored: Boolean = false,
    ): List<Detection> {
        val (x, y) = left.toDouble() to top.toDouble()
        val square = PixelBox(x, y, x + side, y + side)
        PixelCutter(source.geometry, square, BlazeFace.INPUT_SIZE, mirrored = mirrored)
            .cut(source.buffer, source.bytesPerRow, input, scale = 1 / 127.5f, offset = -1f)
        val found = BlazeFace.merge(BlazeFace.decode(network.run(input), CANDIDATE * minScore))
        return found.map { (if (mirrored) it.mirrored() else it).moved(side.toDouble(), x, y) }
    }

    /** One candidate in the middle of squares of two sizes, plain and mirrored → no face, or one with the mean score. */
    private fun lookCloser(
        source: PixelSource,
        box: PixelBox,
    ): Detection? {
        val looks = ArrayList<Detection>()
        for (share in SHARES) {
            val side = max(1, round(max(box.width, box.height) / share).toInt())
            val (left, top) = corner(box.center.x, side) to corner(box.center.y, side)
            for (mirrored in listOf(false, true)) {
                val seen = look(source, left, top, side, mirrored)
                seen.firstOrNull { box.overlap(it.box) >= SAME_FACE }?.let { looks += it }
                if (looks.isEmpty()) return null
            }
        }
        val score = looks.sumOf { it.score } / (2 * SHARES.size)
        val best = looks.sortedByDescending { it.score }
        return if (score >= minScore) BlazeFace.average(best).copy(score = score) else null
    }

    private fun corner(
        center: Double,
        side: Int,
    ): Int = floor(center - side / 2.0 + 0.5).toInt()

    private companion object {
        val SHARES = listOf(0.4, 0.3) // of the square on which a candidate is looked at again
        const val CANDIDATE = 0.6 // a candidate may have this part of the wanted score: the closer looks decide
        const val SAME_FACE = 0.3 // overlap of a candidate with what a closer look sees
    }
}
