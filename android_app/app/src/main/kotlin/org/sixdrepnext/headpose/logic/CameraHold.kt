package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.geometry.AffineMap
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.OverlayMap
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import org.sixdrepnext.headpose.core.geometry.ViewFit

/** Which camera looks. */
enum class CameraSide(
    val id: String,
) {
    /** Away from the person. */
    BACK("back"),

    /** At the person; its preview is a mirror. */
    FRONT("front"),
    ;

    /** The other one. */
    val other: CameraSide get() = if (this == BACK) FRONT else BACK

    companion object {
        /** The side of an identifier; the front for an unknown one. */
        fun of(id: String?): CameraSide = entries.firstOrNull { it.id == id } ?: FRONT
    }
}

/** How the phone is held, as the quarter turns of `android.view.Surface`: 0, 1, 2 and 3 for 0°, 90°, 180° and 270°. */
object CameraHold {
    private const val QUARTER = 90
    private const val STEADY = 60

    /**
     * The rotation that a picture should be upright for.
     *
     * @param orientationDegrees what `OrientationEventListener` tells, clockwise; negative while the phone lies flat.
     * @param current the rotation until now: kept until the phone is turned 15° beyond the middle, so that a phone that
     *   is held aslant does not flicker.
     */
    fun surfaceRotation(
        orientationDegrees: Int,
        current: Int,
    ): Int {
        if (orientationDegrees < 0) return current
        val held = (4 - current) % 4 * QUARTER
        val away = ((orientationDegrees - held) % 360 + 540) % 360 - 180
        if (away in -STEADY..STEADY) return current
        val quarters = (orientationDegrees + QUARTER / 2) / QUARTER % 4
        return (4 - quarters) % 4
    }
}

/**
 * From pixels of a displayed frame to pixels of the view over the preview.
 *
 * The frame was read for the way the phone is *held*; the preview is shown for the way the screen is *turned*. They
 * differ while the screen's rotation is locked, and in the moment of a turn.
 *
 * @param screen the turn that makes the buffer upright on the screen.
 */
class Overlay(
    frame: FrameGeometry,
    screen: QuarterTurn,
    width: Double,
    height: Double,
    fit: ViewFit = ViewFit.FILL,
) {
    private val shown = FrameGeometry(frame.bufferSize, screen, frame.isMirrored)
    private val onView = OverlayMap(shown.uprightSize, width, height, fit)

    /** Display pixels of the frame → view pixels. */
    val map: AffineMap =
        (frame.bufferToDisplay.inverse ?: AffineMap.IDENTITY).then(shown.bufferToDisplay).then(onView.map)

    /** Width of a line in view pixels, never thinner than [least]. */
    fun lineWidth(
        pixels: Int,
        least: Double,
    ): Double = maxOf(least, pixels * onView.scale)
}
