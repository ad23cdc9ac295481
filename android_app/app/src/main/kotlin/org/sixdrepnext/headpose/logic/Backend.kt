package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.accelerator.Accelerator

/**
 * Which processor a compiled model really uses, by where its input lives.
 *
 * LiteRT's Kotlin interface has no call that tells. But a model that the GPU runs asks for its input in OpenCL, OpenGL or WebGPU memory, one
 * on an NPU for memory that the driver shares, and one on the processor for main memory alone: its own
 * `getInputBufferRequirements`, whose types are named in `TensorBufferType`
 * (https://github.com/google-ai-edge/LiteRT/blob/main/litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/TensorBuffer.kt).
 */
object Backend {
    private val GPU = listOf("OpenCl", "Gl", "WebGpu")
    private val NPU = listOf("Ahwb", "Ion", "DmaBuf", "FastRpc")

    /**
     * The backend by the names of supported buffer types; null if they tell nothing of it.
     *
     * @param asked the only accelerator that the model was compiled for.
     */
    fun used(
        asked: Accelerator,
        bufferTypes: List<String>,
    ): String? {
        fun any(prefixes: List<String>) = bufferTypes.any { type -> prefixes.any(type::startsWith) }
        return when {
            asked == Accelerator.CPU -> Accelerator.CPU.id // nothing else was compiled for
            bufferTypes.isEmpty() -> null
            any(GPU) -> Accelerator.GPU.id
            asked == Accelerator.NPU && any(NPU) -> Accelerator.NPU.id
            bufferTypes.all { it == "HostMemory" } -> Accelerator.CPU.id
            else -> null
        }
    }
}
