package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.pipeline.FrameRateMeter
import org.sixdrepnext.headpose.core.pipeline.FrameResult
import org.sixdrepnext.headpose.core.pipeline.PipelineEvent
import org.sixdrepnext.headpose.core.pipeline.StageTimes
import org.sixdrepnext.headpose.core.pipeline.TrackedPose

/** What the camera does. */
sealed interface CameraState {
    /** Not started. */
    data object Off : CameraState

    /** Asked for, no frame yet. */
    data object Starting : CameraState

    /** Frames come. */
    data object Running : CameraState

    /** The person stopped it for a while. */
    data object Paused : CameraState

    /** The system took it away for a while. */
    data class Interrupted(
        val reason: Interruption,
    ) : CameraState

    /** It ended with an error, in one sentence. */
    data class Failed(
        val message: String,
    ) : CameraState
}

/** Why the system took the camera away. */
enum class Interruption {
    /** Another app uses it. */
    IN_USE,

    /** Too many cameras are open. */
    TOO_MANY,

    /** The phone's owner or an administrator switched cameras off. */
    DISABLED,

    /** "Do not disturb" keeps it closed (a fault of Android 9). */
    DO_NOT_DISTURB,

    /** Anything else. */
    OTHER,
}

/**
 * What the live screen shows.
 *
 * @property camera what the camera does.
 * @property frame the newest frame that was read.
 * @property framesPerSecond frames read per second.
 * @property times milliseconds of the stages, mean of the last second.
 * @property frameError the last frame's error, gone with the next good frame.
 * @property framesWithoutFace frames in a row without a face.
 */
data class LiveScreen(
    val camera: CameraState = CameraState.Off,
    val frame: FrameResult? = null,
    val framesPerSecond: Double = 0.0,
    val times: StageTimes = NO_TIME,
    val frameError: String? = null,
    val framesWithoutFace: Int = 0,
) {
    /** The person is told that there is no face: a blink of the detector is not worth a word. */
    val showsNoFace: Boolean get() = camera == CameraState.Running && framesWithoutFace >= FRAMES_UNTIL_NO_FACE

    /** Heads to draw; none unless frames come or stand still. */
    val heads: List<TrackedPose>
        get() =
            if (camera == CameraState.Running ||
                camera == CameraState.Paused
            ) {
                frame?.poses.orEmpty()
            } else {
                emptyList()
            }

    companion object {
        /** Frames without a face before the screen says so. */
        const val FRAMES_UNTIL_NO_FACE = 10

        /** Before the first frame. */
        val NO_TIME = StageTimes(0.0, 0.0, 0.0, 0.0, 0.0)
    }
}

/** Makes screens of what a pipeline tells. For one thread at a time. */
class LiveScreenKeeper {
    private val rate = FrameRateMeter()
    private val recent = ArrayDeque<Pair<Double, StageTimes>>()

    /** The screen now. */
    var screen = LiveScreen()
        private set

    /** Another state of the camera; a new start forgets the old picture's figures. */
    fun become(state: CameraState): LiveScreen {
        if (state == CameraState.Starting || state == CameraState.Off) {
            rate.reset()
            recent.clear()
            screen = LiveScreen()
        }
        screen = screen.copy(camera = state)
        return screen
    }

    /** Takes in what a pipeline tells. */
    fun take(event: PipelineEvent): LiveScreen {
        screen =
            when (event) {
                is PipelineEvent.FrameDone -> done(event.result)
                is PipelineEvent.FrameFailed -> screen.copy(frameError = event.message)
                is PipelineEvent.Stopped -> screen.copy(camera = CameraState.Failed(event.message))
            }
        return screen
    }

    private fun done(result: FrameResult): LiveScreen {
        rate.note(result.timeSeconds)
        recent.removeAll { result.timeSeconds - it.first > 1 || it.first > result.timeSeconds }
        recent.addLast(result.timeSeconds to result.times)
        return screen.copy(
            camera = if (screen.camera == CameraState.Starting) CameraState.Running else screen.camera,
            frame = result,
            framesPerSecond = rate.framesPerSecond,
            times = mean(recent.map { it.second }),
            frameError = null,
            framesWithoutFace = if (result.poses.isEmpty()) screen.framesWithoutFace + 1 else 0,
        )
    }

    private fun mean(all: List<StageTimes>): StageTimes {
        fun of(part: (StageTimes) -> Double) = all.sumOf(part) / all.size
        return StageTimes(
            of { it.detectMs }, of { it.cropMs }, of { it.inferenceMs }, of { it.decodeMs }, of { it.totalMs },
        )
    }
}
