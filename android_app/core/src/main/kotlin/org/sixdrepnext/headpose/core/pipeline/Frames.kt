package org.sixdrepnext.headpose.core.pipeline

import kotlinx.coroutines.flow.Flow
import org.sixdrepnext.headpose.core.geometry.CropRule
import org.sixdrepnext.headpose.core.geometry.CropTransform
import org.sixdrepnext.headpose.core.geometry.CropView
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.PixelBox
import java.util.concurrent.atomic.AtomicBoolean

/**
 * One picture of a camera, a film or a test, with the time it was taken and how it lies.
 *
 * [Image] is the platform's own. Whoever takes a frame closes it, used or not; closing it again does nothing.
 *
 * @param release gives the picture's memory back, as `ImageProxy.close` does.
 */
class Frame<out Image>(
    /** The platform's picture. */
    val image: Image,
    /** Seconds of any steady clock. */
    val timeSeconds: Double,
    /** How the buffer lies. */
    val geometry: FrameGeometry,
    private val release: () -> Unit = {},
) : AutoCloseable {
    private val closed = AtomicBoolean(false)

    override fun close() {
        if (closed.compareAndSet(false, true)) release()
    }
}

/** Gives frames: a camera, a film, a list. */
interface FrameSource<out Image> {
    /**
     * Frames for as long as they are collected: collecting starts the camera, cancelling stops it, and the flow ends where
     * there are no more. Emit every frame that can be had: the pipeline takes them at once, drops what is too old, and
     * counts that. The flow throws `HeadPoseException` if there is no picture to be had, as without permission.
     */
    fun frames(): Flow<Frame<Image>>
}

/** A face that was found. */
data class DetectedFace(
    /** In pixels of the upright picture. */
    val box: PixelBox,
    /** How sure the detector is, 0..1. */
    val score: Double = 1.0,
)

/** Finds faces. */
interface FaceDetector<in Image> {
    /** The faces of a frame, boxes in pixels of the upright picture; none is no error. */
    suspend fun faces(frame: Frame<Image>): List<DetectedFace>
}

/** What the network said of one face, and how long that took. */
data class PoseEstimate(
    /** The network's rotation, of the picture that it saw. */
    val rotation: Matrix3,
    /** Cutting and resizing, milliseconds; null if it was not timed by itself. */
    val cropMs: Double? = null,
    /** The network, milliseconds; null for the time of the whole call. */
    val inferenceMs: Double? = null,
)

/** Reads the pose of a face. */
interface PoseEstimator<in Image> {
    /** Side of the network's square input in pixels. */
    val inputSize: Int

    /** The model's crop rule. */
    val cropRule: CropRule

    /** Which picture it cuts its crops from; upright unless it cannot turn. */
    val view: CropView get() = CropView.UPRIGHT

    /** The pose of the face that [crop] cuts out of the frame. */
    suspend fun estimate(
        frame: Frame<Image>,
        crop: CropTransform,
    ): PoseEstimate
}
