package org.sixdrepnext.headpose.core.pipeline

import org.sixdrepnext.headpose.core.geometry.PixelBox

/**
 * Knows faces again from frame to frame by how much their boxes overlap, so that each is smoothed by itself.
 *
 * @param minimumOverlap intersection over union from which two boxes are of one face.
 * @param forgetAfterSeconds a face that was not seen for longer is a new one when it comes back.
 */
class FaceTracker(
    private val minimumOverlap: Double = 0.3,
    private val forgetAfterSeconds: Double = 0.5,
) {
    private class Track(
        val id: Int,
        var box: PixelBox,
        var timeSeconds: Double,
    )

    private val tracks = ArrayList<Track>()
    private var nextId = 1

    /** Numbers of faces that are known now. */
    val known: Set<Int> get() = tracks.map { it.id }.toSet()

    /**
     * A number for each box, the same as before for a face that was seen before. Best overlaps are matched first; on a tie
     * the older face wins.
     */
    fun update(
        boxes: List<PixelBox>,
        timeSeconds: Double,
    ): List<Int> {
        tracks.removeAll { timeSeconds - it.timeSeconds > forgetAfterSeconds }
        val found = matches(boxes)
        return boxes.mapIndexed { index, box ->
            val track = found[index] ?: Track(nextId++, box, timeSeconds).also { tracks += it }
            track.box = box
            track.timeSeconds = timeSeconds
            track.id
        }
    }

    private class Pairing(
        val track: Track,
        val box: Int,
        val overlap: Double,
    )

    /** Number of a box → the face that it is. */
    private fun matches(boxes: List<PixelBox>): Map<Int, Track> {
        val pairs =
            tracks.flatMap { track -> boxes.mapIndexed { box, it -> Pairing(track, box, track.box.overlap(it)) } }
        val matched = HashMap<Int, Track>()
        for (pair in pairs.filter { it.overlap >= minimumOverlap }.sortedByDescending { it.overlap }) {
            if (pair.box !in matched && pair.track !in matched.values) matched[pair.box] = pair.track
        }
        return matched
    }
}
