// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/google-ai-edge/LiteRT, commit 4312fd6509bbe120ac21b3f7b650c42aea657415:
//   litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/Common.kt
//   https://github.com/google-ai-edge/LiteRT, commit 23dd4f7d240f24b8015c27e207305e2188e44fa7:
//   litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/Environment.kt
//   https://github.com/google-ai-edge/LiteRT, commit 173ea62ee641da11a3b111cdaab4cb565bf309ac:
//   litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/LiteRtException.kt
//   https://github.com/google-ai-edge/LiteRT, commit b057fa3c3327eba42cda915be799f097af18f6fa:
//   litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/Model.kt
//   https://github.com/google-ai-edge/LiteRT, commit 0b7af5acac3f7689ae334de88cda1a9c022d8de3:
//   litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/TensorBuffer.kt
@file:Suppress("UNUSED_PARAMETER", "unused")

package com.google.ai.edge.litert

import android.content.res.AssetManager

enum class Accelerator { NONE, CPU, GPU, NPU }

class LiteRtException
/** Not in the real class, which wants a status too. */
constructor(
    message: String,
) : Exception(message)

enum class TensorBufferType {
    Unknown,
    HostMemory,
    Ahwb,
    Ion,
    DmaBuf,
    FastRpc,
    GlBuffer,
    GlTexture,
    OpenClBuffer,
    OpenClBufferFp16,
}

data class TensorBufferRequirements(
    val supportedTypes: List<TensorBufferType>,
    val bufferSize: Int,
    val strides: List<Int>,
)

abstract class JniHandle internal constructor() : AutoCloseable {
    private var destroyed = false

    protected fun assertNotDestroyed() = check(!destroyed) { "The handle has been destroyed." }

    final override fun close() {
        if (!destroyed) StubRuntime.open--
        destroyed = true
    }

    init {
        StubRuntime.open++
    }
}

class Environment private constructor() : JniHandle() {
    fun getAvailableAccelerators(): Set<Accelerator> = StubRuntime.available

    enum class Option

    companion object {
        @JvmStatic fun create(options: Map<Option, String> = mapOf()): Environment = Environment()
    }
}

class TensorBuffer internal constructor(
    internal var numbers: FloatArray,
) : JniHandle() {
    fun writeFloat(data: FloatArray) {
        assertNotDestroyed()
        numbers = data.copyOf()
    }

    fun readFloat(): FloatArray {
        assertNotDestroyed()
        return numbers
    }
}

class CompiledModel private constructor(
    private val behaviour: StubRuntime.Behaviour,
) : JniHandle() {
    data class CpuOptions(
        val numThreads: Int? = null,
        val xnnPackFlags: Int? = null,
        val xnnPackWeightCachePath: String? = null,
    )

    class Options(
        internal val accelerators: Set<Accelerator>,
    ) {
        constructor(vararg accelerators: Accelerator) : this(setOf(*accelerators))

        var cpuOptions: CpuOptions? = null
    }

    fun createInputBuffers(signatureIndex: Int = 0): List<TensorBuffer> =
        List(behaviour.inputs) {
            TensorBuffer(FloatArray(0))
        }

    fun createOutputBuffers(signatureIndex: Int = 0): List<TensorBuffer> =
        List(behaviour.outputs) {
            TensorBuffer(FloatArray(0))
        }

    fun getInputBufferRequirements(
        inputName: String,
        signature: String? = null,
    ): TensorBufferRequirements {
        if (inputName != behaviour.inputName) throw LiteRtException("no input $inputName")
        return TensorBufferRequirements(behaviour.bufferTypes, 0, listOf())
    }

    fun run(
        inputs: List<TensorBuffer>,
        outputs: List<TensorBuffer>,
        signatureIndex: Int = 0,
    ) {
        assertNotDestroyed()
        behaviour.run(inputs[0].readFloat()).forEachIndexed { index, values -> outputs[index].numbers = values }
    }

    companion object {
        @JvmStatic
        fun create(
            assetManager: AssetManager,
            assetName: String,
            options: Options,
            optionalEnv: Environment? = null,
        ) = create(assetName, options, optionalEnv)

        @JvmStatic
        fun create(
            filePath: String,
            options: Options,
            optionalEnv: Environment? = null,
        ): CompiledModel {
            StubRuntime.created += Triple(filePath, options.accelerators, options.cpuOptions?.numThreads)
            return CompiledModel(StubRuntime.create(filePath, options.accelerators.single()))
        }
    }
}

/** What stands for LiteRT's native code; not in the real library. */
object StubRuntime {
    /** What a compiled model does. */
    class Behaviour(
        val bufferTypes: List<TensorBufferType> = listOf(TensorBufferType.HostMemory),
        val inputName: String = "image",
        val inputs: Int = 1,
        val outputs: Int = 1,
        val run: (FloatArray) -> List<FloatArray>,
    )

    /** Accelerators that the phone has. */
    var available = setOf(Accelerator.CPU)

    /** What compiling gives. */
    var create: (String, Accelerator) -> Behaviour = { _, _ -> throw LiteRtException("nothing was told") }

    /** What was asked for: file, accelerators, threads. */
    val created = mutableListOf<Triple<String, Set<Accelerator>, Int?>>()

    /** Handles that are open. */
    var open = 0
}
