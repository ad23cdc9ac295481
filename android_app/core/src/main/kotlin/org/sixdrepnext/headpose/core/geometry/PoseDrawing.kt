package org.sixdrepnext.headpose.core.geometry

import kotlin.math.max
import kotlin.math.round

/** Colours of 6DRepNet's drawings. */
enum class LineColor {
    /** X axis, back of a cube. */
    RED,

    /** Y axis, front of a cube. */
    GREEN,

    /** Z axis, edges of a cube. */
    BLUE,
}

/** One line of a drawing, in pixels of the picture. */
data class PoseLine(
    /** Where it starts. */
    val start: ImagePoint,
    /** Where it ends. */
    val end: ImagePoint,
    /** Its colour. */
    val color: LineColor,
    /** Its thickness in pixels, at least 1. */
    val thickness: Int,
)

/** How a pose is drawn. */
enum class DrawingStyle(
    /** Name in settings and in the Python tools. */
    val id: String,
) {
    /** Three axes from the middle of the face. */
    AXES("axes"),

    /** A wire cube in front of the face. */
    CUBE("cube"),
}

/** Lines of a drawn pose. Give rotation and box of the *same* frame: both of the display, or both upright. */
object PoseDrawing {
    /**
     * The head's axes: X red, Y green (down), Z blue (out of the face).
     *
     * @param rotation of the picture that is drawn into.
     * @param center where the axes start, in pixels.
     * @param size length in pixels of an axis that lies in the picture's plane.
     * @return three lines.
     */
    fun axes(
        rotation: Matrix3,
        center: ImagePoint,
        size: Double,
    ): List<PoseLine> {
        val axes = rotation.imageAxes
        val colored =
            listOf(axes.right to LineColor.RED, axes.down to LineColor.GREEN, axes.forward to LineColor.BLUE)
        return colored.map { (axis, color) -> PoseLine(center, center + axis * size, color, thickness(size / 25)) }
    }

    /**
     * A wire cube: back red, edges blue, front green.
     *
     * @param rotation of the picture that is drawn into.
     * @param center the middle of its back, in pixels.
     * @param size edge in pixels.
     * @return twelve lines.
     */
    fun cube(
        rotation: Matrix3,
        center: ImagePoint,
        size: Double,
    ): List<PoseLine> {
        val axes = rotation.imageAxes
        val width = thickness(size / 40)
        val (right, down) = axes.right * (size / 2) to axes.down * (size / 2)
        val (upper, lower) = center + down * -1.0 to center + down
        val back = listOf(upper + right * -1.0, upper + right, lower + right, lower + right * -1.0)
        val front = back.map { it + axes.forward * size }
        val edges = back.zip(front) { from, to -> PoseLine(from, to, LineColor.BLUE, width) }
        return ring(back, LineColor.RED, width) + edges + ring(front, LineColor.GREEN, width)
    }

    /** A pose at a face, as big as the face: axes three quarters of its longer side, a cube the whole of it. */
    fun lines(
        style: DrawingStyle,
        rotation: Matrix3,
        face: PixelBox,
    ): List<PoseLine> {
        val size = max(face.width, face.height)
        return when (style) {
            DrawingStyle.AXES -> axes(rotation, face.center, 0.75 * size)
            DrawingStyle.CUBE -> cube(rotation, face.center, size)
        }
    }

    private fun ring(
        corners: List<ImagePoint>,
        color: LineColor,
        width: Int,
    ) = corners.indices.map { PoseLine(corners[it], corners[(it + 1) % corners.size], color, width) }

    private fun thickness(wanted: Double): Int = max(1, round(wanted).toInt())
}
