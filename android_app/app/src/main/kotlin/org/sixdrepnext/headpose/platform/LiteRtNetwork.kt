package org.sixdrepnext.headpose.platform

import android.content.res.AssetManager
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.Environment
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.TensorBuffer
import org.sixdrepnext.headpose.BuildConfig
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.logic.Backend
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.logic.Network
import org.sixdrepnext.headpose.logic.NetworkEngine
import org.sixdrepnext.headpose.logic.NetworkOpener
import org.sixdrepnext.headpose.logic.guarded
import com.google.ai.edge.litert.Accelerator as LiteRtAccelerator

/**
 * A network that LiteRT compiled for one accelerator.
 *
 * API: https://ai.google.dev/edge/litert/next/android_kotlin and the sources that ci/stubs/litert.kt names.
 */
class LiteRtNetwork private constructor(
    private val compiled: CompiledModel,
    private val inputs: List<TensorBuffer>,
    private val outputs: List<TensorBuffer>,
    override val usedBackend: String?,
) : Network {
    override fun write(input: FloatArray) = inputs.single().writeFloat(input)

    override fun run(input: FloatArray): List<FloatArray> {
        write(input)
        compiled.run(inputs, outputs)
        return outputs.map { it.readFloat() }
    }

    /** With what was last written; the outputs are read, for a run on the GPU is only done when they can be. */
    override fun predict() {
        compiled.run(inputs, outputs)
        outputs.forEach { it.readFloat() }
    }

    override fun close() {
        (inputs + outputs).forEach { it.close() }
        compiled.close()
    }

    companion object {
        /** The input of our models; files of earlier exports have the converter's own name. */
        val OUR_INPUTS = listOf("image", "args_0")

        /** The face detector's. */
        val DETECTOR_INPUTS = listOf("input")
    }

    /** Opens networks. One environment for the app's life: making another would initialise the drivers again. */
    class Engine(
        private val assets: AssetManager,
    ) : NetworkEngine {
        override val tool = "litert"
        override val version: String = BuildConfig.LITERT_VERSION
        override val title = "LiteRT $version (CompiledModel)"
        private val environment: Environment by lazy { Environment.create() }

        override fun opener(place: ModelPlace): NetworkOpener =
            NetworkOpener { accelerator, threads -> open(place, OUR_INPUTS, accelerator, threads) }

        /**
         * Compiles a model for one accelerator.
         *
         * @throws HeadPoseException in one sentence if this phone has no such accelerator, or it refuses the model.
         */
        fun open(
            place: ModelPlace,
            inputNames: List<String>,
            accelerator: Accelerator,
            threads: Int?,
        ): LiteRtNetwork {
            val (kind, name) = accelerator.liteRt to accelerator.id.uppercase()
            return try {
                if (kind != LiteRtAccelerator.CPU && kind !in environment.getAvailableAccelerators()) {
                    throw HeadPoseException("LiteRT finds no $name that it can use on this phone")
                }
                val options = CompiledModel.Options(kind)
                if (accelerator == Accelerator.CPU && threads != null) {
                    options.cpuOptions = CompiledModel.CpuOptions(numThreads = threads)
                }
                guarded("the model") { compile(place, options).let { buffered(it, inputNames, accelerator) } }
            } catch (error: LiteRtException) {
                throw HeadPoseException("LiteRT refused the model on the $name: ${error.message}", error)
            } catch (error: UnsatisfiedLinkError) {
                throw HeadPoseException("LiteRT is not built for this phone's processor: ${error.message}", error)
            }
        }

        private fun compile(
            place: ModelPlace,
            options: CompiledModel.Options,
        ): CompiledModel =
            when (place) {
                is ModelPlace.Asset -> CompiledModel.create(assets, place.path, options, environment)
                is ModelPlace.Stored -> CompiledModel.create(place.path, options, environment)
            }

        private fun buffered(
            compiled: CompiledModel,
            inputNames: List<String>,
            accelerator: Accelerator,
        ): LiteRtNetwork {
            val inputs = compiled.createInputBuffers()
            if (inputs.size != 1) {
                compiled.close()
                throw HeadPoseException("the model takes ${inputs.size} inputs, not one picture: export it again")
            }
            val used = Backend.used(accelerator, bufferTypes(compiled, inputNames))
            return LiteRtNetwork(compiled, inputs, compiled.createOutputBuffers(), used)
        }

        /** Of the first name that the model knows; empty if it knows none: then nothing tells. */
        private fun bufferTypes(
            compiled: CompiledModel,
            inputNames: List<String>,
        ): List<String> =
            inputNames
                .firstNotNullOfOrNull { name ->
                    try {
                        compiled.getInputBufferRequirements(name).supportedTypes.map { it.name }
                    } catch (_: LiteRtException) {
                        null
                    }
                }.orEmpty()

        private val Accelerator.liteRt: LiteRtAccelerator
            get() =
                when (this) {
                    Accelerator.CPU -> LiteRtAccelerator.CPU
                    Accelerator.GPU -> LiteRtAccelerator.GPU
                    Accelerator.NPU -> LiteRtAccelerator.NPU
                }
    }
}
