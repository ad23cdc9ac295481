package org.sixdrepnext.headpose.core.pipeline

import org.sixdrepnext.headpose.core.geometry.CropTransform
import org.sixdrepnext.headpose.core.geometry.CropView
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.smoothing.RotationFilter
import org.sixdrepnext.headpose.core.smoothing.Smoothing

/** The heads of a running pipeline: which is which, and how each is smoothed. */
internal class Heads {
    private val tracker = FaceTracker()
    private val filters = HashMap<Int, RotationFilter>()
    private var edition = 0

    /** Numbers of the faces; with another edition of the work no head is smoothed with what was before. */
    fun recognize(
        faces: List<DetectedFace>,
        timeSeconds: Double,
        edition: Int,
    ): List<Int> {
        if (edition != this.edition) filters.clear()
        this.edition = edition
        val ids = tracker.update(faces.map { it.box }, timeSeconds)
        filters.keys.retainAll(tracker.known)
        return ids
    }

    fun pose(
        id: Int,
        face: DetectedFace,
        frame: Frame<*>,
        raw: Matrix3,
        smoothing: Smoothing,
    ): TrackedPose {
        val filter = filters[id] ?: smoothing.makeFilter()?.also { filters[id] = it }
        val smooth = filter?.update(raw, frame.timeSeconds) ?: raw
        return TrackedPose(
            id = id,
            faceBox = face.box,
            displayBox = frame.geometry.uprightToDisplay.apply(face.box),
            score = face.score,
            rawRotation = raw,
            rotation = smooth,
            displayRotation = frame.geometry.displayRotation(smooth),
        )
    }
}

/** One face of a frame on its way through the network. */
internal class FaceReading<Image>(
    private val frame: Frame<Image>,
    private val face: DetectedFace,
    private val estimator: PoseEstimator<Image>,
) {
    /** The rotation that fits the upright picture. */
    suspend fun read(watch: StopWatch): Matrix3 {
        val (geometry, view) = frame.geometry to estimator.view
        val toBuffer = if (view == CropView.BUFFER) geometry.bufferToUpright.inverse else null
        val seen = toBuffer?.apply(face.box) ?: face.box
        val crop = CropTransform(seen, geometry, estimator.cropRule, estimator.inputSize, view)
        watch.start()
        val estimate = estimator.estimate(frame, crop)
        watch.estimated(estimate)
        return crop.uprightRotation(estimate.rotation)
    }
}

/** Adds up what the stages of a frame took. */
internal class StopWatch(
    private val clock: HostClock,
) {
    private val begun = clock.monotonicSeconds()
    private var mark = begun
    private var times = StageTimes()

    fun start() {
        mark = clock.monotonicSeconds()
    }

    fun detected() {
        times = times.copy(detectMs = lap())
    }

    fun estimated(estimate: PoseEstimate) {
        val called = lap()
        val crop = estimate.cropMs ?: 0.0
        times =
            times.copy(
                cropMs = times.cropMs + crop,
                inferenceMs = times.inferenceMs + (estimate.inferenceMs ?: (called - crop)),
            )
    }

    fun decoded() {
        times = times.copy(decodeMs = times.decodeMs + lap())
    }

    fun times(): StageTimes = times.copy(totalMs = (clock.monotonicSeconds() - begun) * 1e3)

    private fun lap(): Double {
        val now = clock.monotonicSeconds()
        return ((now - mark) * 1e3).also { mark = now }
    }
}
