package org.sixdrepnext.headpose.logic

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import org.sixdrepnext.headpose.core.pipeline.FaceDetector
import org.sixdrepnext.headpose.core.pipeline.FramePipeline
import org.sixdrepnext.headpose.core.pipeline.FrameSource
import org.sixdrepnext.headpose.core.pipeline.HostClock
import org.sixdrepnext.headpose.core.pipeline.PipelineSettings
import org.sixdrepnext.headpose.core.pipeline.PoseEstimator
import org.sixdrepnext.headpose.core.pipeline.SystemClock

/**
 * Runs the camera's pipeline and keeps what the screen shows. Needs no framework: camera, detector and model are given
 * to it. Its functions are called by one thread, the user interface's.
 *
 * @param on where frames are taken; two threads at least, so that a busy network holds up no camera.
 */
class LiveSession<Image>(
    private val on: CoroutineDispatcher = Dispatchers.Default,
    private val clock: HostClock = SystemClock,
) {
    private val keeper = LiveScreenKeeper()
    private val shown = MutableStateFlow(keeper.screen)
    private var pipeline: FramePipeline<Image>? = null
    private var settings = PipelineSettings()
    private var isPaused = false
    private var interruption: Interruption? = null

    /** What the screen shows. */
    val screen: StateFlow<LiveScreen> = shown.asStateFlow()

    /** Runs until the source ends or the caller is cancelled: the camera is free then. */
    suspend fun run(
        source: FrameSource<Image>,
        detector: FaceDetector<Image>,
        estimator: PoseEstimator<Image>,
    ) {
        val made = FramePipeline(source, detector, estimator, settings, clock)
        pipeline = made
        isPaused = false
        interruption = null
        shown.value = keeper.become(CameraState.Starting)
        try {
            made.events(on).collect { event -> if (pipeline === made) shown.value = keeper.take(event) }
        } finally {
            if (pipeline === made) ended()
        }
    }

    /** Holds the picture, or goes on. */
    fun setPaused(paused: Boolean) {
        val running = pipeline ?: return
        if (paused == isPaused) return
        isPaused = paused
        running.isPaused = paused
        show()
    }

    /** The system took the camera away (a reason) or gave it back (null). */
    fun setInterrupted(reason: Interruption?) {
        if (pipeline == null || reason == interruption) return
        interruption = reason
        show()
    }

    /** Other settings, from the next frame on. */
    fun use(new: PipelineSettings) {
        settings = new
        pipeline?.update(new)
    }

    private fun show() {
        val reason = interruption
        val state =
            when {
                reason != null -> CameraState.Interrupted(reason)
                isPaused -> CameraState.Paused
                keeper.screen.frame == null -> CameraState.Starting
                else -> CameraState.Running
            }
        shown.value = keeper.become(state)
    }

    /** A failure stays on the screen until the next start. */
    private fun ended() {
        pipeline = null
        if (keeper.screen.camera !is CameraState.Failed) shown.value = keeper.become(CameraState.Off)
    }
}
