package org.sixdrepnext.headpose.core.geometry

import org.sixdrepnext.headpose.core.HeadPoseException

/** Quarter turns, clockwise. */
enum class QuarterTurn(
    /** The turn in degrees. */
    val degrees: Int,
) {
    /** As it is. */
    NONE(0),

    /** A quarter to the right. */
    QUARTER(90),

    /** Upside down. */
    HALF(180),

    /** A quarter to the left. */
    THREE_QUARTERS(270),
    ;

    /** Turns by their degrees. */
    companion object {
        /**
         * The turn of so many degrees clockwise, as `ImageInfo.getRotationDegrees` of CameraX tells it.
         *
         * @throws HeadPoseException for what is no whole number of quarters.
         */
        fun ofDegrees(degrees: Int): QuarterTurn =
            entries.firstOrNull { it.degrees == Math.floorMod(degrees, 360) }
                ?: throw HeadPoseException("a picture lies in quarter turns, not at $degrees°: give 0, 90, 180 or 270")
    }
}

/**
 * How a camera's buffer lies: how it must be turned to be upright on the screen, and whether the screen mirrors it.
 *
 * Three frames, each in its own pixels: *buffer*, as the sensor delivers it; *upright*, turned; *display*, mirrored left
 * to right if [isMirrored], as people want to see themselves. The network sees the upright picture, never the mirrored.
 */
data class FrameGeometry(
    /** Of the buffer, before any turn. */
    val bufferSize: PixelSize,
    /** Clockwise turn that makes the buffer upright for a person who holds the device as it is held now. */
    val turn: QuarterTurn = QuarterTurn.NONE,
    /** Whether the preview shows it mirrored, as with a front camera. The buffer itself is not mirrored. */
    val isMirrored: Boolean = false,
) {
    /** Size of the upright and of the displayed picture. */
    val uprightSize: PixelSize
        get() =
            when (turn) {
                QuarterTurn.NONE, QuarterTurn.HALF -> bufferSize
                QuarterTurn.QUARTER, QuarterTurn.THREE_QUARTERS -> PixelSize(bufferSize.height, bufferSize.width)
            }

    /** Buffer → upright. */
    val bufferToUpright: AffineMap
        get() {
            val (width, height) = bufferSize.width.toDouble() to bufferSize.height.toDouble()
            return when (turn) {
                QuarterTurn.NONE -> AffineMap.IDENTITY
                QuarterTurn.QUARTER -> AffineMap(a = 0.0, b = 1.0, c = -1.0, d = 0.0, tx = height, ty = 0.0)
                QuarterTurn.HALF -> AffineMap(a = -1.0, b = 0.0, c = 0.0, d = -1.0, tx = width, ty = height)
                QuarterTurn.THREE_QUARTERS -> AffineMap(a = 0.0, b = -1.0, c = 1.0, d = 0.0, tx = 0.0, ty = width)
            }
        }

    /** Upright → display. */
    val uprightToDisplay: AffineMap
        get() =
            if (isMirrored) {
                AffineMap(-1.0, 0.0, 0.0, 1.0, uprightSize.width.toDouble(), 0.0)
            } else {
                AffineMap.IDENTITY
            }

    /** Buffer → display. */
    val bufferToDisplay: AffineMap get() = bufferToUpright.then(uprightToDisplay)

    /** The rotation that fits the displayed picture, of the one that fits the upright picture. */
    fun displayRotation(upright: Matrix3): Matrix3 = if (isMirrored) upright.mirrored else upright
}
