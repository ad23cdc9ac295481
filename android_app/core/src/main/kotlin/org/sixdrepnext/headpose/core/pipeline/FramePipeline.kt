package org.sixdrepnext.headpose.core.pipeline

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.launch
import org.sixdrepnext.headpose.core.smoothing.Smoothing

/** What can be set while a pipeline runs. */
data class PipelineSettings(
    /** How heads are smoothed. */
    val smoothing: Smoothing = Smoothing.STANDARD,
    /** The largest so many faces of a frame are looked at. */
    val maximumFaces: Int = 4,
)

/**
 * From frames to poses: one frame at a time, always the newest; one that is too old when its turn comes is dropped and
 * counted, so that the picture never lags behind.
 *
 * Collect [events] once at a time; everything else may be called from any thread meanwhile.
 */
class FramePipeline<Image>(
    private val source: FrameSource<Image>,
    private val detector: FaceDetector<Image>,
    estimator: PoseEstimator<Image>,
    settings: PipelineSettings = PipelineSettings(),
    private val clock: HostClock = SystemClock,
) {
    /** While true, frames are let go unseen and uncounted. */
    @Volatile
    var isPaused: Boolean = false

    @Volatile
    private var work = Work(estimator, settings, 0)

    @Volatile
    private var slot = NewestFrame<Image>()

    /** Frames since the start that were replaced by a newer one before their turn came. */
    val droppedFrames: Int get() = slot.dropped

    /** Changes settings; another smoothing starts anew. */
    @Synchronized
    fun update(settings: PipelineSettings) {
        val anew = if (settings.smoothing == work.settings.smoothing) work.edition else work.edition + 1
        work = Work(work.estimator, settings, anew)
    }

    /** Takes another model from the next frame on; the one before may be in use until then. */
    @Synchronized
    fun replace(estimator: PoseEstimator<Image>) {
        work = Work(estimator, work.settings, work.edition + 1)
    }

    /**
     * Starts when it is collected, and tells what comes of the frames until the source ends. Cancelling the collecting job
     * stops source and pipeline. A collector that is slow makes frames drop, no results wait in a line.
     *
     * @param on where frames are taken and worked at; it needs two threads, so that a busy network holds up no camera.
     */
    fun events(on: CoroutineDispatcher = Dispatchers.Default): Flow<PipelineEvent> =
        flow { run() }.buffer(Channel.RENDEZVOUS).flowOn(on)

    private suspend fun FlowCollector<PipelineEvent>.run() {
        val slot = NewestFrame<Image>().also { this@FramePipeline.slot = it }
        var failure: Throwable? = null
        try {
            coroutineScope {
                launch { failure = pump(slot) }
                work(slot)
            }
        } finally {
            slot.giveUp()
        }
        failure?.let { emit(PipelineEvent.Stopped(told(it))) }
    }

    /** Puts every frame into the slot at once, so that the slot decides which is dropped; gives the error that ended it. */
    private suspend fun pump(slot: NewestFrame<Image>): Throwable? =
        try {
            source.frames().collect { if (isPaused) it.close() else slot.offer(it) }
            null
        } catch (error: CancellationException) {
            throw error
        } catch (error: Exception) {
            error
        } finally {
            slot.finish()
        }

    private suspend fun FlowCollector<PipelineEvent>.work(slot: NewestFrame<Image>) {
        val heads = Heads()
        while (true) {
            val frame = slot.next() ?: return
            emit(frame.use { event(it, heads, slot) })
        }
    }

    private suspend fun event(
        frame: Frame<Image>,
        heads: Heads,
        slot: NewestFrame<Image>,
    ): PipelineEvent =
        try {
            PipelineEvent.FrameDone(result(frame, heads, slot))
        } catch (error: CancellationException) {
            throw error
        } catch (error: Exception) {
            PipelineEvent.FrameFailed(frame.timeSeconds, told(error))
        } catch (error: OutOfMemoryError) {
            PipelineEvent.FrameFailed(frame.timeSeconds, "the memory is not enough: choose a smaller model")
        }

    private suspend fun result(
        frame: Frame<Image>,
        heads: Heads,
        slot: NewestFrame<Image>,
    ): FrameResult {
        val (work, watch) = work to StopWatch(clock)
        val found = detector.faces(frame)
        watch.detected()
        val faces = found.sortedByDescending { it.box.area }.take(maxOf(0, work.settings.maximumFaces))
        val ids = heads.recognize(faces, frame.timeSeconds, work.edition)
        val poses =
            faces.zip(ids) { face, id ->
                currentCoroutineContext().ensureActive()
                val read = FaceReading(frame, face, work.estimator).read(watch)
                heads.pose(id, face, frame, read, work.settings.smoothing).also { watch.decoded() }
            }
        return FrameResult(frame.timeSeconds, frame.geometry, poses, watch.times(), slot.dropped)
    }

    private fun told(error: Throwable) = error.message ?: error.toString()

    /** What a frame is worked with; with another [edition] smoothing starts anew. */
    private inner class Work(
        val estimator: PoseEstimator<Image>,
        val settings: PipelineSettings,
        val edition: Int,
    )
}
