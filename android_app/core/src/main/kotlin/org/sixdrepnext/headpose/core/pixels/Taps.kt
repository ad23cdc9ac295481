package org.sixdrepnext.headpose.core.pixels

import kotlin.math.ceil
import kotlin.math.floor
import kotlin.math.max
import kotlin.math.min

/** What one output row or column is made of: where its first source pixel lies, and weights from there on. */
internal class Taps(
    val first: Int,
    val weights: FloatArray,
)

/**
 * For each of [size] outputs the part of a crop's [side] pixels that it is made of, without those that lie outside the
 * picture's [inside] pixels: they are black and add nothing.
 *
 * The weights are those of OpenCV's INTER_AREA and INTER_LINEAR.
 */
internal fun taps(
    side: Int,
    size: Int,
    start: Int,
    inside: Int,
): List<Taps> =
    List(size) { index ->
        val whole = if (side >= size) areaTaps(index, side, size) else linearTaps(index, side, size)
        val from = max(0, -(whole.first + start))
        val kept = max(0, min(whole.weights.size, inside - (whole.first + start)))
        if (from < kept) Taps(whole.first + start + from, whole.weights.copyOfRange(from, kept)) else NOTHING
    }

private val NOTHING = Taps(0, FloatArray(0))

private fun areaTaps(
    index: Int,
    side: Int,
    size: Int,
): Taps {
    val scale = side.toDouble() / size
    val (low, high) = index * scale to min((index + 1) * scale, side.toDouble())
    val (first, end) = low.toInt() to min(side, ceil(high).toInt())
    val weights =
        FloatArray(end - first) {
            val pixel = first + it
            ((min(high, pixel + 1.0) - max(low, pixel.toDouble())) / (high - low)).toFloat()
        }
    return Taps(first, weights)
}

private fun linearTaps(
    index: Int,
    side: Int,
    size: Int,
): Taps {
    val place = (index + 0.5) * side / size - 0.5
    val first = floor(place).toInt()
    if (first < 0) return Taps(0, floatArrayOf(1f))
    if (first >= side - 1) return Taps(side - 1, floatArrayOf(1f))
    val part = (place - first).toFloat()
    return Taps(first, floatArrayOf(1 - part, part))
}
