package org.sixdrepnext.headpose.core

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.PixelSize
import org.sixdrepnext.headpose.core.pipeline.DetectedFace
import org.sixdrepnext.headpose.core.pipeline.Frame
import org.sixdrepnext.headpose.core.pipeline.FramePipeline
import org.sixdrepnext.headpose.core.pipeline.FrameResult
import org.sixdrepnext.headpose.core.pipeline.HostClock
import org.sixdrepnext.headpose.core.pipeline.PipelineEvent
import org.sixdrepnext.headpose.core.pipeline.PipelineSettings
import org.sixdrepnext.headpose.core.smoothing.Smoothing
import org.sixdrepnext.headpose.core.testing.FakeClock
import org.sixdrepnext.headpose.core.testing.FakeFaceDetector
import org.sixdrepnext.headpose.core.testing.FakeFrameSource
import org.sixdrepnext.headpose.core.testing.FakeHead
import org.sixdrepnext.headpose.core.testing.FakeImage
import org.sixdrepnext.headpose.core.testing.FakePoseEstimator
import java.util.concurrent.atomic.AtomicInteger

/** What tests of the pipeline share: frames that know whether they were given back, and fakes for everything else. */
abstract class PipelineTest {
    protected val plain = FrameGeometry(PixelSize(640, 480))
    protected val leftBox = PixelBox(50.0, 60.0, 150.0, 170.0)
    protected val rightBox = PixelBox(400.0, 100.0, 520.0, 240.0)
    protected val opened = AtomicInteger(0)
    protected val closed = AtomicInteger(0)

    protected fun pose(
        yaw: Double,
        roll: Double = 0.0,
    ) = EulerAngles(0.0, yaw, roll).rotation

    protected fun frame(
        time: Double,
        vararg heads: Pair<PixelBox, Matrix3>,
        geometry: FrameGeometry = plain,
    ): Frame<FakeImage> {
        opened.incrementAndGet()
        val image = FakeImage(heads.map { (box, rotation) -> FakeHead(DetectedFace(box, 0.9), rotation) })
        return Frame(image, time, geometry) { closed.incrementAndGet() }
    }

    protected fun pipeline(
        source: FakeFrameSource<FakeImage>,
        detector: FakeFaceDetector = FakeFaceDetector(),
        estimator: FakePoseEstimator = FakePoseEstimator(),
        settings: PipelineSettings = PipelineSettings(Smoothing.Off),
        clock: HostClock = FakeClock(),
    ) = FramePipeline(source, detector, estimator, settings, clock)

    protected fun results(events: List<PipelineEvent>): List<FrameResult> =
        events.filterIsInstance<PipelineEvent.FrameDone>().map { it.result }

    protected suspend fun eventually(condition: () -> Boolean) = withTimeout(20_000) { while (!condition()) delay(1) }

    protected fun everyFrameWasClosed() = assertEquals(opened.get(), closed.get(), "frames that were given back")

    /** Lets its holder go on when it is opened, once for each opening. */
    protected class Gate {
        private val openings = Channel<Unit>(Channel.UNLIMITED)
        val arrivals = AtomicInteger(0)

        suspend fun pass() {
            arrivals.incrementAndGet()
            openings.receive()
        }

        suspend fun letOne() = openings.send(Unit)

        suspend fun arrived(count: Int) = withTimeout(20_000) { while (arrivals.get() < count) delay(1) }
    }
}
