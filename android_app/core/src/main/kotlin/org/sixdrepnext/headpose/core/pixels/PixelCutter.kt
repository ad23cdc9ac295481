package org.sixdrepnext.headpose.core.pixels

import org.sixdrepnext.headpose.core.geometry.CropTransform
import org.sixdrepnext.headpose.core.geometry.CropView
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import java.nio.ByteBuffer
import kotlin.math.max
import kotlin.math.min
import kotlin.math.round

/** A picture as a camera's buffer holds it: 4 bytes a pixel, R G B A, as CameraX's RGBA_8888. */
class PixelSource(
    /** Pixels, read at absolute places from 0. */
    val buffer: ByteBuffer,
    /** From a row's first byte to the next row's; may be more than four times the width. */
    val bytesPerRow: Int,
    /** How the buffer lies. */
    val geometry: FrameGeometry,
)

/**
 * Cuts a square out of a picture of 4 bytes a pixel (R G B A) and resizes it to a network's square input, upright.
 *
 * The same rule as training: area average when the square shrinks, bilinear when it grows, black outside the picture, whole
 * values 0..255. Plain Kotlin, so that tests compare it with Python's crops.
 *
 * @param geometry how the buffer lies; its mirror does not matter.
 * @param box whole pixels of the picture that [view] names; a square.
 * @param size side of the output in pixels.
 * @param mirrored whether the output is mirrored left to right.
 */
class PixelCutter(
    geometry: FrameGeometry,
    box: PixelBox,
    private val size: Int,
    view: CropView = CropView.UPRIGHT,
    mirrored: Boolean = false,
) {
    /** A cutter for the crop of a face. */
    constructor(crop: CropTransform) : this(crop.geometry, crop.cropBox, crop.inputSize, crop.view)

    private val turn = if (view == CropView.UPRIGHT) geometry.turn else QuarterTurn.NONE
    private val bufferSize = geometry.bufferSize
    private val across: List<Taps>
    private val down: List<Taps>

    init {
        val seen = if (view == CropView.UPRIGHT) geometry.uprightSize else bufferSize
        val side = box.width.toInt()
        val columns = taps(side, size, box.left.toInt(), seen.width)
        across = if (mirrored) columns.asReversed() else columns
        down = taps(side, size, box.top.toInt(), seen.height)
    }

    /**
     * Writes the output, row after row, R G B of each pixel: value · [scale] + [offset].
     *
     * @param pixels the whole buffer.
     * @param bytesPerRow from a row's first byte to the next row's.
     * @param into room for size · size · 3 numbers.
     */
    fun cut(
        pixels: ByteBuffer,
        bytesPerRow: Int,
        into: FloatArray,
        scale: Float = 1f,
        offset: Float = 0f,
    ) {
        val walk = Walk.of(turn, bufferSize.width, bufferSize.height, bytesPerRow)
        val sum = FloatArray(CHANNELS)
        var place = 0
        for (vertical in down) {
            for (horizontal in across) {
                average(pixels, walk, horizontal, vertical, sum)
                for (value in sum) into[place++] = whole(value) * scale + offset
            }
        }
    }

    private fun average(
        pixels: ByteBuffer,
        walk: Walk,
        horizontal: Taps,
        vertical: Taps,
        sum: FloatArray,
    ) {
        sum.fill(0f)
        var line = walk.origin + vertical.first * walk.stepY + horizontal.first * walk.stepX
        for (high in vertical.weights) {
            var place = line
            for (wide in horizontal.weights) {
                val weight = wide * high
                for (channel in 0 until CHANNELS) {
                    sum[channel] += (pixels.get(place + channel).toInt() and 0xff) * weight
                }
                place += walk.stepX
            }
            line += walk.stepY
        }
    }

    private fun whole(value: Float): Float = min(255f, max(0f, round(value)))

    /** Strides, in bytes, with which the upright picture is walked in the buffer. */
    private class Walk(
        val origin: Int,
        val stepX: Int,
        val stepY: Int,
    ) {
        companion object {
            fun of(
                turn: QuarterTurn,
                width: Int,
                height: Int,
                row: Int,
            ): Walk {
                val (right, bottom) = (width - 1) * PIXEL to (height - 1) * row
                return when (turn) {
                    QuarterTurn.NONE -> Walk(0, PIXEL, row)
                    QuarterTurn.QUARTER -> Walk(bottom, -row, PIXEL)
                    QuarterTurn.HALF -> Walk(right + bottom, -PIXEL, -row)
                    QuarterTurn.THREE_QUARTERS -> Walk(right, row, -PIXEL)
                }
            }
        }
    }

    private companion object {
        const val PIXEL = 4
        const val CHANNELS = 3
    }
}
