package org.sixdrepnext.headpose.core.geometry

import kotlin.math.max
import kotlin.math.min

/** A place in a picture, in pixels: x to the right, y down, whole numbers are corners of pixels. */
data class ImagePoint(
    val x: Double,
    val y: Double,
) {
    internal operator fun plus(other: ImagePoint) = ImagePoint(x + other.x, y + other.y)

    internal operator fun times(factor: Double) = ImagePoint(x * factor, y * factor)
}

/** Width and height of a picture in pixels. */
data class PixelSize(
    val width: Int,
    val height: Int,
)

/** A rectangle in pixels of a picture; right and bottom are outside it. It may reach out of the picture. */
data class PixelBox(
    val left: Double,
    val top: Double,
    val right: Double,
    val bottom: Double,
) {
    /** Width in pixels. */
    val width: Double get() = right - left

    /** Height in pixels. */
    val height: Double get() = bottom - top

    /** The middle. */
    val center: ImagePoint get() = ImagePoint((left + right) / 2, (top + bottom) / 2)

    /** Width times height, 0 for an empty box. */
    val area: Double get() = max(0.0, width) * max(0.0, height)

    /** Intersection over union with another box, 0..1. */
    fun overlap(other: PixelBox): Double {
        val common = intersection(other)
        val union = area + other.area - common
        return if (union > 0) common / union else 0.0
    }

    /** Area that both boxes cover. */
    internal fun intersection(other: PixelBox): Double =
        PixelBox(max(left, other.left), max(top, other.top), min(right, other.right), min(bottom, other.bottom)).area
}
