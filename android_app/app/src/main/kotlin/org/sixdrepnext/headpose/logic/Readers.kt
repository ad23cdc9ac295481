package org.sixdrepnext.headpose.logic

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.withContext
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.detection.BlazeFaceSearch
import org.sixdrepnext.headpose.core.detection.FaceNetwork
import org.sixdrepnext.headpose.core.detection.FaceNetworkOutput
import org.sixdrepnext.headpose.core.geometry.CropRule
import org.sixdrepnext.headpose.core.geometry.CropTransform
import org.sixdrepnext.headpose.core.pipeline.DetectedFace
import org.sixdrepnext.headpose.core.pipeline.FaceDetector
import org.sixdrepnext.headpose.core.pipeline.Frame
import org.sixdrepnext.headpose.core.pipeline.HostClock
import org.sixdrepnext.headpose.core.pipeline.PoseEstimate
import org.sixdrepnext.headpose.core.pipeline.PoseEstimator
import org.sixdrepnext.headpose.core.pipeline.SystemClock
import org.sixdrepnext.headpose.core.pixels.PixelCutter
import org.sixdrepnext.headpose.core.pixels.PixelSource

/**
 * Reads poses with a model, one crop at a time.
 *
 * @param on the thread of networks: the pipeline's own threads must stay free for the camera.
 */
class NetworkEstimator(
    private val model: OpenModel,
    private val on: CoroutineDispatcher,
    private val clock: HostClock = SystemClock,
) : PoseEstimator<RgbaPicture> {
    private val input = FloatArray(model.facts.inputSize * model.facts.inputSize * 3)

    override val inputSize: Int get() = model.facts.inputSize
    override val cropRule: CropRule get() = model.facts.crop

    override suspend fun estimate(
        frame: Frame<RgbaPicture>,
        crop: CropTransform,
    ): PoseEstimate = withContext(on) { guarded(model.facts.name) { read(frame.image, crop) } }

    private fun read(
        picture: RgbaPicture,
        crop: CropTransform,
    ): PoseEstimate {
        val start = clock.monotonicSeconds()
        PixelCutter(crop).cut(picture.pixels, picture.bytesPerRow, input)
        val cut = clock.monotonicSeconds()
        val rotation = model.read(input)
        return PoseEstimate(rotation, (cut - start) * 1e3, (clock.monotonicSeconds() - cut) * 1e3)
    }
}

/**
 * Finds faces with the bundled BlazeFace.
 *
 * @param on the thread of networks.
 */
class BlazeFaceDetector(
    network: Network,
    private val on: CoroutineDispatcher,
) : FaceDetector<RgbaPicture> {
    private val search = BlazeFaceSearch(BlazeFaceNetwork(network))

    override suspend fun faces(frame: Frame<RgbaPicture>): List<DetectedFace> =
        withContext(on) {
            guarded("the face detector") {
                search
                    .find(PixelSource(frame.image.pixels, frame.image.bytesPerRow, frame.geometry))
            }
        }
}

/** BlazeFace's two outputs, known by their sizes: an engine may give them in either order. */
class BlazeFaceNetwork(
    private val network: Network,
) : FaceNetwork {
    override fun run(input: FloatArray): FaceNetworkOutput {
        val outputs = network.run(input)
        val regressors = outputs.firstOrNull { it.size == ANCHORS * PER_ANCHOR }
        val logits = outputs.firstOrNull { it.size == ANCHORS }
        if (outputs.size != 2 || regressors == null || logits == null) {
            throw HeadPoseException(
                "the face detector gave outputs of ${outputs.map {
                    it.size
                }} numbers: install the app again",
            )
        }
        return FaceNetworkOutput(regressors, logits)
    }

    private companion object {
        const val ANCHORS = 896
        const val PER_ANCHOR = 16
    }
}
