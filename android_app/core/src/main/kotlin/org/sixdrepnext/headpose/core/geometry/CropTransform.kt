package org.sixdrepnext.headpose.core.geometry

/** Which picture a crop is cut from. */
enum class CropView(
    /** Name in golden files. */
    val id: String,
) {
    /** From the upright picture: what the network was trained on, and what to use. */
    UPRIGHT("upright"),

    /**
     * From the buffer as the sensor delivers it, so that the network sees the head turned: for croppers that cannot
     * turn. The rotation is turned back.
     */
    BUFFER("buffer"),
}

/**
 * The way of a face from a camera's buffer into the network, and of a rotation read there back to the screen.
 *
 * @param face box of the face in pixels of the picture that [view] names.
 * @param rule the model's crop rule.
 * @throws org.sixdrepnext.headpose.core.HeadPoseException for an empty face or an unknown rule.
 */
class CropTransform(
    face: PixelBox,
    /** How the buffer lies. */
    val geometry: FrameGeometry,
    rule: CropRule = CropRule.STANDARD,
    /** Side of the network's input in pixels. */
    val inputSize: Int = 224,
    /** Which picture the crop is cut from; [cropBox] is in its pixels. */
    val view: CropView = CropView.UPRIGHT,
) {
    /** The square that is cut, whole pixels; black where it leaves the picture. */
    val cropBox: PixelBox = rule.cropBox(face)

    /** Buffer → network input, both with x to the right and y down. */
    val bufferToInput: AffineMap
        get() {
            val scale = inputSize / cropBox.width
            val cut = AffineMap(scale, 0.0, 0.0, scale, -cropBox.left * scale, -cropBox.top * scale)
            return if (view == CropView.UPRIGHT) geometry.bufferToUpright.then(cut) else cut
        }

    /** The rotation that fits the upright picture, of the one that the network read. */
    fun uprightRotation(network: Matrix3): Matrix3 =
        if (view == CropView.UPRIGHT) network else network.turnedInPlane(geometry.turn.degrees.toDouble())

    /** The rotation that fits the displayed picture, of the one that the network read. */
    fun displayRotation(network: Matrix3): Matrix3 = geometry.displayRotation(uprightRotation(network))
}
