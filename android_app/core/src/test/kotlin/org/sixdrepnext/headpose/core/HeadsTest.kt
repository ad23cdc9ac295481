package org.sixdrepnext.headpose.core

import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.sixdrepnext.headpose.core.geometry.CropView
import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.PixelSize
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import org.sixdrepnext.headpose.core.pipeline.Frame
import org.sixdrepnext.headpose.core.pipeline.PipelineEvent
import org.sixdrepnext.headpose.core.pipeline.PipelineSettings
import org.sixdrepnext.headpose.core.pipeline.TrackedPose
import org.sixdrepnext.headpose.core.smoothing.SlerpParameters
import org.sixdrepnext.headpose.core.smoothing.Smoothing
import org.sixdrepnext.headpose.core.testing.FakeFrameSource
import org.sixdrepnext.headpose.core.testing.FakeImage
import org.sixdrepnext.headpose.core.testing.FakePoseEstimator
import kotlin.math.exp

/** The heads of frames: smoothed each by itself, turned, mirrored, and what changes on the way. */
@Timeout(60)
class HeadsTest : PipelineTest() {
    @Test
    fun eachFaceIsSmoothedByItself() =
        runBlocking {
            val settings = PipelineSettings(Smoothing.Slerp(SlerpParameters(timeConstantSeconds = 0.1)))
            val poses =
                oneByOne(
                    settings,
                    frame(1.00, leftBox to pose(0.0), rightBox to pose(40.0)),
                    frame(1.05, rightBox to pose(50.0), leftBox to pose(0.0)),
                )
            assertEquals(poses[0].map { it.id }.toSet(), poses[1].map { it.id }.toSet())
            val right = poses[1].first { it.faceBox == rightBox }
            val left = poses[1].first { it.faceBox == leftBox }
            assertEquals(40 + 10 * (1 - exp(-0.5)), right.angles.yawDegrees, 1e-9)
            assertEquals(0.0, left.angles.yawDegrees, 1e-9)
            assertNear(pose(50.0), right.rawRotation, "raw")
        }

    private suspend fun oneByOne(
        settings: PipelineSettings,
        vararg frames: Frame<FakeImage>,
    ): List<List<TrackedPose>> {
        val source = FakeFrameSource<FakeImage>(staysOpen = true)
        val found = ArrayList<List<TrackedPose>>()
        source.send(frames.first())
        pipeline(source, settings = settings).events().collect { event ->
            found += results(listOf(event)).single().poses
            if (found.size < frames.size) source.send(frames[found.size]) else source.finish()
        }
        return found
    }

    @Test
    fun theScreenIsTurnedAndMirroredAndTheNetworksViewIsTurnedBack() =
        runBlocking {
            val sideways = FrameGeometry(PixelSize(640, 480), QuarterTurn.QUARTER, isMirrored = true)
            val box = PixelBox(30.0, 100.0, 130.0, 220.0) // of the upright picture, 480 × 640
            val upright = pose(25.0, 10.0)
            for (view in CropView.entries) {
                val seen = if (view == CropView.UPRIGHT) upright else upright.turnedInPlane(-90.0)
                val source = FakeFrameSource(listOf(frame(1.0, box to seen, geometry = sideways)))
                val line = pipeline(source, estimator = FakePoseEstimator(view = view))
                val head = results(line.events().toList()).single().poses.single()
                assertNear(upright, head.rotation, "$view")
                assertNear(upright.mirrored, head.displayRotation, "$view")
                assertEquals(listOf(350.0, 100.0, 450.0, 220.0), head.displayBox.sides)
                assertEquals(-25.0, head.displayAngles.yawDegrees, 1e-9)
                assertEquals(3 to 12, head.lines(DrawingStyle.AXES).size to head.lines(DrawingStyle.CUBE).size)
                assertEquals(head.displayBox.center, head.lines(DrawingStyle.AXES).first().start)
            }
        }

    @Test
    fun settingsPauseAndModelsChangeOnTheWay() =
        runBlocking {
            val source = FakeFrameSource<FakeImage>(staysOpen = true)
            val line = pipeline(source, settings = PipelineSettings(Smoothing.STANDARD, maximumFaces = 2))
            val events = Channel<PipelineEvent>(Channel.UNLIMITED)
            val job = launch { line.events().collect { events.send(it) } }
            source.send(frame(1.0, leftBox to pose(0.0), rightBox to pose(10.0)))
            assertEquals(2, results(listOf(events.receive())).single().poses.size)
            line.update(PipelineSettings(Smoothing.Off, maximumFaces = 1))
            source.send(frame(1.1, leftBox to pose(0.0), rightBox to pose(80.0)))
            val second = results(listOf(events.receive())).single().poses.single()
            assertEquals(rightBox, second.faceBox)
            assertNear(pose(80.0), second.rotation, "not smoothed any more")
            line.isPaused = true
            source.send(frame(1.2, leftBox to pose(0.0)))
            eventually { closed.get() == opened.get() }
            line.isPaused = false
            line.replace(FakePoseEstimator { throw HeadPoseException("the new model") })
            source.send(frame(1.3, leftBox to pose(0.0)))
            assertEquals(PipelineEvent.FrameFailed(1.3, "the new model"), events.receive())
            assertEquals(0, line.droppedFrames)
            job.cancelAndJoin()
            everyFrameWasClosed()
        }
}
