package org.sixdrepnext.headpose.pipeline

import org.sixdrepnext.headpose.core.geometry.ImagePoint
import org.sixdrepnext.headpose.logic.CameraSide

/**
 * Paints a head into a sensor's picture, upright for the person who holds the phone, and tells where it is seen: reasoned
 * from the phone's own axes, without the code under test.
 */
class Painter(
    private val case: Case,
) {
    /** Middle of the head in the sensor's pixels. */
    val middle = if (case.atEdge) ImagePoint(585.0, 60.0) else ImagePoint(250.0, 200.0)

    /** The picture. [turn] makes it upright for the person. */
    fun image(turn: Int): LentImage {
        val image = LentImage(WIDTH, HEIGHT, turn)
        for (y in -HALF until HALF) {
            for (x in -HALF until HALF) {
                val color =
                    when {
                        y < -HALF / 3 -> SeeingNetworks.FOREHEAD
                        x > HALF / 2 -> SeeingNetworks.LEFT_EAR
                        else -> SeeingNetworks.SKIN
                    }
                // From upright offsets to the sensor's: turned back, counter-clockwise.
                val (dx, dy) =
                    when (turn) {
                        0 -> x to y
                        90 -> y to -x - 1
                        180 -> -x - 1 to -y - 1
                        else -> -y - 1 to x
                    }
                image.paint(middle.x.toInt() + dx, middle.y.toInt() + dy, color)
            }
        }
        return image
    }

    companion object {
        const val WIDTH = 640
        const val HEIGHT = 480
        const val HALF = 50

        /**
         * Where a place of the sensor is seen in the preview, in parts of the phone held upright: right and down. The back
         * camera's x runs down the phone and its y to the phone's left; the front camera's x runs up the phone, its y,
         * in the mirror that a front preview is, to the left.
         */
        fun seen(
            place: ImagePoint,
            side: CameraSide,
        ): ImagePoint {
            val (along, across) = place.x / WIDTH to place.y / HEIGHT
            return if (side == CameraSide.BACK) ImagePoint(1 - across, along) else ImagePoint(1 - across, 1 - along)
        }

        /** The same on a screen that is turned: ROTATION_90 has the phone's upper end at the left. */
        fun onScreen(
            phone: ImagePoint,
            screen: Int,
        ): ImagePoint =
            when (screen) {
                0 -> phone
                1 -> ImagePoint(phone.y, 1 - phone.x)
                2 -> ImagePoint(1 - phone.x, 1 - phone.y)
                else -> ImagePoint(1 - phone.y, phone.x)
            }

        /** Where the ground is, on the screen, for a phone that is held so. */
        fun ground(
            held: Int,
            screen: Int,
        ): ImagePoint {
            // On the phone: below it when upright; ROTATION_90 has the upper end at the left, so the ground at its left side.
            val sides = listOf(0.0 to 1.0, -1.0 to 0.0, 0.0 to -1.0, 1.0 to 0.0)
            val phone = sides[held].let { (right, down) -> ImagePoint(right, down) }
            return when (screen) {
                0 -> phone
                1 -> ImagePoint(phone.y, -phone.x)
                2 -> ImagePoint(-phone.x, -phone.y)
                else -> ImagePoint(-phone.y, phone.x)
            }
        }
    }
}
