package org.sixdrepnext.headpose.core.geometry

import org.sixdrepnext.headpose.core.HeadPoseException
import kotlin.math.floor
import kotlin.math.max

/** From a face's box to the square that the network sees: the rule that training used, as a manifest states it. */
data class CropRule(
    /** Kind of rule; `square` is the only one there is. */
    val name: String = "square",
    /** Side of the crop over the longer side of the face's box. */
    val scale: Double,
    /** The crop's centre below the box's centre, in heights of the box; negative: above. */
    val shiftY: Double,
    /** What lies outside the picture: `black`. */
    val outside: String = "black",
    /** How sides and corners become whole pixels: `half_up`. */
    val rounding: String = "half_up",
) {
    /**
     * The square for a face's box, with whole corners; it may reach beyond the picture, which is black there.
     *
     * @throws HeadPoseException for an empty or non-finite box, and for a rule that this version does not know.
     */
    fun cropBox(face: PixelBox): PixelBox {
        if (name != "square" || outside != "black" || rounding != "half_up") {
            throw HeadPoseException("the crop rule $name/$outside/$rounding is unknown: update the app or export again")
        }
        val finite = listOf(face.left, face.top, face.right, face.bottom).all(Double::isFinite)
        if (!finite || face.width <= 0 || face.height <= 0) {
            throw HeadPoseException("the face box is empty: left < right and top < bottom are needed")
        }
        val side = max(1.0, floor(scale * max(face.width, face.height) + 0.5))
        val left = floor(face.center.x - side / 2 + 0.5)
        val top = floor(face.center.y + shiftY * face.height - side / 2 + 0.5)
        return PixelBox(left, top, left + side, top + side)
    }

    /** The usual rule. */
    companion object {
        /** The rule of this version; a model's own stands in its manifest. */
        val STANDARD = CropRule(scale = 1.5, shiftY = -0.1)
    }
}
