package org.sixdrepnext.headpose.logic

import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import org.sixdrepnext.headpose.core.geometry.CropTransform
import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.PoseDrawing
import org.sixdrepnext.headpose.core.geometry.PoseLine
import org.sixdrepnext.headpose.core.pipeline.FaceDetector
import org.sixdrepnext.headpose.core.pipeline.Frame
import org.sixdrepnext.headpose.core.pipeline.PoseEstimator

/**
 * One head of a photograph.
 *
 * @property number 1 for the largest face, then on.
 * @property face the face in pixels of the photograph.
 * @property rotation its pose.
 */
data class StillHead(
    val number: Int,
    val face: PixelBox,
    val rotation: Matrix3,
) {
    /** Angles for people. */
    val angles: EulerAngles get() = EulerAngles.of(rotation)

    /** Lines to draw, in pixels of the photograph. */
    fun lines(style: DrawingStyle): List<PoseLine> = PoseDrawing.lines(style, rotation, face)
}

/** Reads one photograph: no smoothing, every face. */
object StillReader {
    /** The heads of an upright picture, the largest face first; none is no error. */
    suspend fun <Image> heads(
        image: Image,
        geometry: FrameGeometry,
        detector: FaceDetector<Image>,
        estimator: PoseEstimator<Image>,
    ): List<StillHead> =
        Frame(image, 0.0, geometry).use { frame ->
            detector.faces(frame).sortedByDescending { it.box.area }.mapIndexed { index, face ->
                currentCoroutineContext().ensureActive()
                val crop = CropTransform(face.box, geometry, estimator.cropRule, estimator.inputSize, estimator.view)
                StillHead(index + 1, face.box, crop.uprightRotation(estimator.estimate(frame, crop).rotation))
            }
        }
}

/** How a stored photograph must be turned to be upright, by the number that EXIF gives its orientation. */
data class ExifTurn(
    val clockwiseDegrees: Int,
    val isMirrored: Boolean,
) {
    companion object {
        /** Of EXIF's eight orientations; upright for any other number. A mirrored one is mirrored first, then turned. */
        fun of(orientation: Int): ExifTurn =
            when (orientation) {
                2 -> ExifTurn(0, true)
                3 -> ExifTurn(180, false)
                4 -> ExifTurn(180, true)
                5 -> ExifTurn(270, true)
                6 -> ExifTurn(90, false)
                7 -> ExifTurn(90, true)
                8 -> ExifTurn(270, false)
                else -> ExifTurn(0, false)
            }
    }
}
