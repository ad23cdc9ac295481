package org.sixdrepnext.headpose.core

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.sixdrepnext.headpose.core.pipeline.PipelineEvent
import org.sixdrepnext.headpose.core.testing.FakeClock
import org.sixdrepnext.headpose.core.testing.FakeFaceDetector
import org.sixdrepnext.headpose.core.testing.FakeFrameSource
import org.sixdrepnext.headpose.core.testing.FakeImage
import org.sixdrepnext.headpose.core.testing.FakePoseEstimator

/** From frames to events: which frames are taken, dropped, given back, and how it ends. */
@Timeout(60)
class FramePipelineTest : PipelineTest() {
    @Test
    fun aFrameComesOutWithItsHeadsLargestFirst() =
        runBlocking {
            val source = FakeFrameSource(listOf(frame(1.0, leftBox to pose(10.0), rightBox to pose(-20.0))))
            val clock = FakeClock()
            val estimator = FakePoseEstimator { clock.advance(0.004) }
            val found = results(pipeline(source, estimator = estimator, clock = clock).events().toList()).single()
            assertEquals(listOf(rightBox, leftBox), found.poses.map { it.faceBox })
            assertEquals(listOf(pose(-20.0), pose(10.0)), found.poses.map { it.rawRotation })
            assertEquals(0, found.droppedFrames)
            assertEquals(8.0, found.times.inferenceMs, 1e-6)
            assertEquals(8.0, found.times.totalMs, 1e-6)
            assertEquals(0.0 to 0.0, found.times.detectMs to found.times.cropMs)
            everyFrameWasClosed()
        }

    @Test
    fun aFrameWithoutFacesIsAResultToo() =
        runBlocking {
            val found = results(pipeline(FakeFrameSource(listOf(frame(1.0)))).events().toList())
            assertEquals(listOf(0), found.map { it.poses.size })
        }

    @Test
    fun theNewestFrameWinsAndOldOnesAreCountedAndClosed() =
        runBlocking {
            val gate = Gate()
            val source = FakeFrameSource<FakeImage>(staysOpen = true)
            val line = pipeline(source, estimator = FakePoseEstimator { gate.pass() })
            val told = async { results(line.events().toList()) }
            source.send(frame(1.0, leftBox to pose(1.0)))
            gate.arrived(1) // the network is busy with the first frame
            for (time in 2..5) source.send(frame(time.toDouble(), leftBox to pose(1.0)))
            eventually { line.droppedFrames == 3 }
            assertEquals(3, closed.get())
            gate.letOne()
            gate.arrived(2)
            gate.letOne()
            source.finish()
            val found = told.await()
            assertEquals(listOf(1.0, 5.0), found.map { it.timeSeconds })
            assertEquals(3, found.last().droppedFrames)
            everyFrameWasClosed()
        }

    @Test
    fun aSlowCollectorMakesFramesDropToo() =
        runBlocking {
            val source = FakeFrameSource<FakeImage>(staysOpen = true)
            val line = pipeline(source)
            val (first, goOn) = CompletableDeferred<Unit>() to CompletableDeferred<Unit>()
            val times = ArrayList<Double>()
            val job =
                launch {
                    line.events().collect { event ->
                        times += results(listOf(event)).map { it.timeSeconds }
                        first.complete(Unit)
                        goOn.await()
                    }
                }
            source.send(frame(1.0))
            first.await()
            for (time in 2..9) source.send(frame(time.toDouble()))
            eventually { line.droppedFrames >= 6 }
            source.finish()
            goOn.complete(Unit)
            job.join()
            assertEquals(9.0, times.last())
            assertTrue(times.size <= 3) { "$times" }
            everyFrameWasClosed()
        }

    @Test
    fun cancellingTheCollectorStopsSourceAndPipeline() =
        runBlocking {
            val source = FakeFrameSource(listOf(frame(1.0, leftBox to pose(1.0))), staysOpen = true)
            val first = CompletableDeferred<Unit>()
            val job = launch { pipeline(source).events().collect { first.complete(Unit) } }
            first.await()
            job.cancelAndJoin()
            assertTrue(source.isStopped)
            everyFrameWasClosed()
        }

    @Test
    fun cancellingEndsItEvenInTheMiddleOfAFrame() =
        runBlocking {
            val gate = Gate()
            val frames = listOf(frame(1.0, leftBox to pose(1.0), rightBox to pose(2.0)))
            val source = FakeFrameSource(frames, staysOpen = true)
            val events = ArrayList<PipelineEvent>()
            val line = pipeline(source, estimator = FakePoseEstimator { gate.pass() })
            val job: Job = launch { line.events().collect { events += it } }
            gate.arrived(1)
            source.send(frame(2.0))
            job.cancelAndJoin()
            assertTrue(source.isStopped && events.isEmpty())
            assertEquals(1, gate.arrivals.get(), "the second face is not looked at any more")
            assertEquals(0, line.droppedFrames, "a frame that is given up was not dropped")
            everyFrameWasClosed()
        }

    @Test
    fun aFailedFrameIsToldAndTheNextOneComes() =
        runBlocking {
            val illness = listOf(HeadPoseException("the detector is ill"), OutOfMemoryError(), IllegalStateException())
            val detector = FakeFaceDetector { illness.getOrNull(it.timeSeconds.toInt()) }
            val source = FakeFrameSource<FakeImage>(staysOpen = true)
            val events = Channel<PipelineEvent>(Channel.UNLIMITED)
            val job = launch { pipeline(source, detector).events().collect { events.send(it) } }
            val told =
                (0..3).map {
                    source.send(frame(it.toDouble()))
                    events.receive()
                }
            assertEquals(PipelineEvent.FrameFailed(0.0, "the detector is ill"), told[0])
            assertTrue("memory" in (told[1] as PipelineEvent.FrameFailed).message)
            assertEquals("java.lang.IllegalStateException", (told[2] as PipelineEvent.FrameFailed).message)
            assertEquals(3.0, results(told).single().timeSeconds)
            source.finish()
            job.join()
            everyFrameWasClosed()
        }

    @Test
    fun aSourceThatCannotStartIsTold() =
        runBlocking {
            val source = FakeFrameSource<FakeImage>(failure = HeadPoseException("no permission for the camera"))
            val told = pipeline(source).events().toList()
            assertEquals(listOf<PipelineEvent>(PipelineEvent.Stopped("no permission for the camera")), told)
        }

    @Test
    fun aSourceThatBreaksIsToldAfterItsFrames() =
        runBlocking {
            val source = FakeFrameSource(listOf(frame(1.0)), failure = HeadPoseException("the camera is in use"))
            val line = pipeline(source)
            val told = line.events().toList()
            assertEquals(PipelineEvent.Stopped("the camera is in use"), told.last())
            assertEquals(listOf(1.0), results(told).map { it.timeSeconds })
            assertEquals(2, line.events().toList().size, "it can be collected again")
            assertEquals(2, source.starts)
        }

    @Test
    fun closingAFrameTwiceGivesItBackOnce() {
        val one = frame(1.0)
        one.close()
        one.close()
        everyFrameWasClosed()
    }
}
