package org.sixdrepnext.headpose.core.pipeline

import org.sixdrepnext.headpose.core.benchmark.Sums

/**
 * Frames per second over the last moments, and a steady mean of how long something takes.
 *
 * @param windowSeconds how far back it looks.
 */
class FrameRateMeter(
    windowSeconds: Double = 1.0,
) {
    private val windowSeconds = if (windowSeconds > 0) windowSeconds else 1.0
    private val notes = ArrayDeque<Pair<Double, Double>>()

    /** Notes that a frame was done at a time in seconds, and took so long. */
    fun note(
        timeSeconds: Double,
        durationMs: Double = 0.0,
    ) {
        val last = notes.lastOrNull()
        if (last != null && timeSeconds < last.first) reset()
        notes.addLast(timeSeconds to durationMs)
        while (timeSeconds - notes.first().first > windowSeconds) notes.removeFirst()
    }

    /** Forgets everything, as after a pause. */
    fun reset() = notes.clear()

    /** Frames per second; 0 until two frames were seen. */
    val framesPerSecond: Double
        get() {
            if (notes.size < 2) return 0.0
            val span = notes.last().first - notes.first().first
            return if (span > 0) (notes.size - 1) / span else 0.0
        }

    /** Mean of the durations, milliseconds; 0 before the first frame. */
    val meanDurationMs: Double get() = if (notes.isEmpty()) 0.0 else Sums.mean(notes.map { it.second })
}
