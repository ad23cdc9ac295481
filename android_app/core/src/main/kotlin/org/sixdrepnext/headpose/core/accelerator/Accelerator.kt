package org.sixdrepnext.headpose.core.accelerator

import org.sixdrepnext.headpose.core.HeadPoseException

/** What a network may run on. */
enum class Accelerator(
    /** Name in records and in the Python tools. */
    val id: String,
) {
    /** The neural processor. */
    NPU("npu"),

    /** The graphics processor. */
    GPU("gpu"),

    /** The processor. */
    CPU("cpu"),
    ;

    /**
     * Why a result is not that of this accelerator, in the words of the Python tools; null if it is, or if nothing tells.
     *
     * An accelerator that leaves some operators to the processor is still used: `gpu+cpu`.
     */
    fun reason(used: String?): String? =
        if (used == null || id in used.split("+")) null else "asked for $id, ran on $used"

    /** Choices of accelerators. */
    companion object {
        /** The order in which they are tried. */
        val LADDER: List<Accelerator> = listOf(NPU, GPU, CPU)

        /**
         * The accelerator of this name.
         *
         * @throws HeadPoseException for another name.
         */
        fun of(id: String): Accelerator =
            entries.firstOrNull { it.id == id }
                ?: throw HeadPoseException("there is no accelerator '$id': give cpu, gpu or npu")
    }
}

/** A model that is open on an accelerator. */
interface AcceleratedModel : AutoCloseable {
    /** What it runs on in fact, as the engine tells it: `gpu`, `gpu+cpu`; null if the engine does not tell. */
    val usedBackend: String?
}
