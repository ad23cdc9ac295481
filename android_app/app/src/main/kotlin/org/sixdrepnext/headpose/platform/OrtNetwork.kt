package org.sixdrepnext.headpose.platform

import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import android.content.res.AssetManager
import org.sixdrepnext.headpose.BuildConfig
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.logic.Network
import org.sixdrepnext.headpose.logic.NetworkEngine
import org.sixdrepnext.headpose.logic.NetworkOpener
import org.sixdrepnext.headpose.logic.guarded
import org.sixdrepnext.headpose.logic.toPlanes
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer

/**
 * A network that ONNX Runtime runs on the processor.
 *
 * API: https://onnxruntime.ai/docs/api/java/ and the sources that ci/stubs/onnxruntime names.
 *
 * @param pixels what [tensor] is made of: one picture, plane by plane.
 */
class OrtNetwork private constructor(
    private val options: OrtSession.SessionOptions,
    private val session: OrtSession,
    private val pixels: FloatBuffer,
    private val tensor: OnnxTensor,
) : Network {
    private val named = mapOf(session.inputNames.single() to tensor)
    private val planes = FloatArray(pixels.capacity())

    /** No other execution provider was asked for. */
    override val usedBackend: String = Accelerator.CPU.id

    override fun write(input: FloatArray) {
        toPlanes(input, planes)
        pixels.rewind()
        pixels.put(planes)
    }

    override fun run(input: FloatArray): List<FloatArray> {
        write(input)
        return outputs()
    }

    /** With what was last written. */
    override fun predict() {
        outputs()
    }

    private fun outputs(): List<FloatArray> =
        session.run(named).use { result ->
            List(result.size()) { index ->
                val numbers =
                    (result.get(index) as? OnnxTensor)?.floatBuffer
                        ?: throw HeadPoseException("the model gives no 32-bit numbers: export it again")
                FloatArray(numbers.remaining()).also { numbers.get(it) }
            }
        }

    /** Its options last: they must outlive the session. */
    override fun close() {
        session.close()
        tensor.close()
        options.close()
    }

    /** Opens .onnx files. */
    class Engine(
        private val assets: AssetManager,
    ) : NetworkEngine {
        override val tool = "onnxruntime"
        override val version: String = BuildConfig.ORT_VERSION
        override val title = "ONNX Runtime $version (CPU)"

        override fun opener(place: ModelPlace): NetworkOpener =
            NetworkOpener { accelerator, threads -> open(place, accelerator, threads) }

        private fun open(
            place: ModelPlace,
            accelerator: Accelerator,
            threads: Int?,
        ): OrtNetwork {
            if (accelerator != Accelerator.CPU) {
                throw HeadPoseException("ONNX Runtime runs on the processor alone here: take a .tflite file for others")
            }
            return try {
                guarded("the model") { made(place, threads) }
            } catch (error: OrtException) {
                throw HeadPoseException("ONNX Runtime refused the model: ${error.message}", error)
            } catch (error: LinkageError) {
                throw HeadPoseException("ONNX Runtime is not built for this phone's processor: ${error.message}", error)
            }
        }

        private fun made(
            place: ModelPlace,
            threads: Int?,
        ): OrtNetwork {
            val options = OrtSession.SessionOptions()
            return closingOnFailure(options) {
                // Its threads would go on spinning after a run, for longer than a frame, and take the cores from the detector.
                options.addConfigEntry("session.force_spinning_stop", "1")
                if (threads != null) options.setIntraOpNumThreads(threads)
                val session = session(place, options)
                closingOnFailure(session) { network(options, session) }
            }
        }

        private fun session(
            place: ModelPlace,
            options: OrtSession.SessionOptions,
        ): OrtSession =
            when (place) {
                is ModelPlace.Asset ->
                    environment.createSession(assets.open(place.path).use { it.readBytes() }, options)
                is ModelPlace.Stored -> environment.createSession(place.path, options)
            }

        private fun network(
            options: OrtSession.SessionOptions,
            session: OrtSession,
        ): OrtNetwork {
            val shape =
                (
                    session.inputInfo.values
                        .singleOrNull()
                        ?.info as? TensorInfo
                )?.shape
            if (shape == null || shape.size != 4 || shape[1] != 3L || shape[2] < 1 || shape[2] != shape[3]) {
                throw HeadPoseException("the model takes something else than one square picture: export it again")
            }
            val bytes = ByteBuffer.allocateDirect((3 * shape[2] * shape[3]).toInt() * Float.SIZE_BYTES)
            val pixels = bytes.order(ByteOrder.nativeOrder()).asFloatBuffer()
            val tensor = OnnxTensor.createTensor(environment, pixels, longArrayOf(1, 3, shape[2], shape[3]))
            return OrtNetwork(options, session, pixels, tensor)
        }

        private inline fun <T> closingOnFailure(
            opened: AutoCloseable,
            work: () -> T,
        ): T {
            var done = false
            try {
                return work().also { done = true }
            } finally {
                if (!done) opened.close()
            }
        }

        private companion object {
            /** One for the process. */
            val environment: OrtEnvironment by lazy { OrtEnvironment.getEnvironment() }
        }
    }
}
