package org.sixdrepnext.headpose.core.pipeline

import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.PoseDrawing
import org.sixdrepnext.headpose.core.geometry.PoseLine

/** Time that a frame took, milliseconds; all its faces together. */
data class StageTimes(
    /** Finding faces. */
    val detectMs: Double = 0.0,
    /** Cutting and resizing, 0 where the estimator does not time it by itself. */
    val cropMs: Double = 0.0,
    /** The network. */
    val inferenceMs: Double = 0.0,
    /** From the matrices to what can be drawn: turning back, smoothing, angles. */
    val decodeMs: Double = 0.0,
    /** From the frame's start to its result. */
    val totalMs: Double = 0.0,
)

/** One head of a frame. */
data class TrackedPose(
    /** The same from frame to frame for the same face. */
    val id: Int,
    /** The face in pixels of the upright picture. */
    val faceBox: PixelBox,
    /** The face in pixels of the displayed picture. */
    val displayBox: PixelBox,
    /** The detector's, 0..1. */
    val score: Double,
    /** As the network read it, for the upright picture. */
    val rawRotation: Matrix3,
    /** Smoothed, for the upright picture. */
    val rotation: Matrix3,
    /** Smoothed, for the displayed picture: draw this one. */
    val displayRotation: Matrix3,
) {
    /** Angles of the displayed picture, for its label. */
    val displayAngles: EulerAngles get() = EulerAngles.of(displayRotation)

    /** Angles of the upright picture. */
    val angles: EulerAngles get() = EulerAngles.of(rotation)

    /** Lines to draw in pixels of the displayed picture. */
    fun lines(style: DrawingStyle): List<PoseLine> = PoseDrawing.lines(style, displayRotation, displayBox)
}

/** What came of one frame. */
data class FrameResult(
    /** When it was taken. */
    val timeSeconds: Double,
    /** How it lay. */
    val geometry: FrameGeometry,
    /** Its heads, the largest face first; empty if there is none. */
    val poses: List<TrackedPose>,
    /** How long it took. */
    val times: StageTimes,
    /** Frames since the start that were replaced by a newer one before their turn came. */
    val droppedFrames: Int,
)

/** What a pipeline tells. */
sealed interface PipelineEvent {
    /** A frame is done. */
    data class FrameDone(
        val result: FrameResult,
    ) : PipelineEvent

    /** A frame failed; the pipeline goes on with the next one. The text is for people. */
    data class FrameFailed(
        val timeSeconds: Double,
        val message: String,
    ) : PipelineEvent

    /** The source could not be started or ended by an error; nothing more comes. */
    data class Stopped(
        val message: String,
    ) : PipelineEvent
}
