package org.sixdrepnext.headpose.core.testing

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.flow
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.geometry.AffineMap
import org.sixdrepnext.headpose.core.geometry.CropRule
import org.sixdrepnext.headpose.core.geometry.CropTransform
import org.sixdrepnext.headpose.core.geometry.CropView
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.pipeline.DetectedFace
import org.sixdrepnext.headpose.core.pipeline.FaceDetector
import org.sixdrepnext.headpose.core.pipeline.Frame
import org.sixdrepnext.headpose.core.pipeline.FrameSource
import org.sixdrepnext.headpose.core.pipeline.PoseEstimate
import org.sixdrepnext.headpose.core.pipeline.PoseEstimator
import kotlin.math.abs

/** One head of a [FakeImage]. */
data class FakeHead(
    /** What a detector finds. */
    val face: DetectedFace,
    /** What the network reads, for the picture that it sees. */
    val rotation: Matrix3,
)

/** A picture without pixels: what a fake detector and a fake network read out of it. */
data class FakeImage(
    val heads: List<FakeHead>,
)

/**
 * A camera that plays frames: all at once, or one whenever it is told to.
 *
 * @param frames given as soon as it is started.
 * @param staysOpen whether more may come by [send], until [finish].
 * @param failure thrown once the frames are given.
 */
class FakeFrameSource<Image>(
    private val frames: List<Frame<Image>> = emptyList(),
    private val staysOpen: Boolean = false,
    private val failure: HeadPoseException? = null,
) : FrameSource<Image> {
    private val more = Channel<Frame<Image>>(Channel.UNLIMITED) { it.close() }

    /** How often it was started. */
    @Volatile
    var starts: Int = 0
        private set

    /** Whether it was ended, by either side. */
    @Volatile
    var isStopped: Boolean = false
        private set

    override fun frames(): Flow<Frame<Image>> =
        flow {
            starts++
            isStopped = false
            try {
                frames.forEach { emit(it) }
                failure?.let { throw it }
                if (staysOpen) for (frame in more) give(frame)
            } finally {
                generateSequence { more.tryReceive().getOrNull() }.forEach { it.close() } // as a camera's own queue
                isStopped = true
            }
        }

    /** A frame that its collector, which is cancelled, does not get any more is given back. */
    private suspend fun FlowCollector<Frame<Image>>.give(frame: Frame<Image>) =
        try {
            emit(frame)
        } catch (error: CancellationException) {
            frame.close()
            throw error
        }

    /** One frame more. */
    fun send(frame: Frame<Image>) {
        more.trySend(frame)
    }

    /** No more frames. */
    fun finish() {
        more.close()
    }
}

/** Finds the faces of a [FakeImage]; fails where [failure] says so. */
class FakeFaceDetector(
    private val failure: (Frame<FakeImage>) -> Throwable? = { null },
) : FaceDetector<FakeImage> {
    override suspend fun faces(frame: Frame<FakeImage>): List<DetectedFace> {
        failure(frame)?.let { throw it }
        return frame.image.heads.map { it.face }
    }
}

/** Reads the rotation of the head whose crop it is given; does [work] before: waits, lets a clock go, or throws. */
class FakePoseEstimator(
    override val inputSize: Int = 224,
    override val cropRule: CropRule = CropRule.STANDARD,
    override val view: CropView = CropView.UPRIGHT,
    private val work: suspend (Frame<FakeImage>) -> Unit = {},
) : PoseEstimator<FakeImage> {
    override suspend fun estimate(
        frame: Frame<FakeImage>,
        crop: CropTransform,
    ): PoseEstimate {
        work(frame)
        val toBuffer = frame.geometry.bufferToUpright.inverse ?: AffineMap.IDENTITY
        val toSeen = if (view == CropView.UPRIGHT) AffineMap.IDENTITY else toBuffer

        fun distance(face: PixelBox): Double {
            val (seen, middle) = toSeen.apply(face).center to crop.cropBox.center
            return abs(seen.x - middle.x) + abs(seen.y - middle.y)
        }
        val nearest =
            frame.image.heads.minByOrNull { distance(it.face.box) }
                ?: throw HeadPoseException("there is no head in this picture")
        return PoseEstimate(nearest.rotation)
    }
}
