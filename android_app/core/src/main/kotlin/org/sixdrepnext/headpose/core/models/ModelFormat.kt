package org.sixdrepnext.headpose.core.models

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import java.nio.ByteBuffer

/** A format of model files that the app runs, each with an engine of its own. */
enum class ModelFormat(
    /** Name in manifests and in the Python tools. */
    val target: String,
    /** End of a file's name. */
    val suffix: String,
    /** What its engine may run it on. */
    val accelerators: List<Accelerator>,
) {
    /** Runs in LiteRT. */
    TFLITE("tflite", ".tflite", Accelerator.LADDER),

    /** Runs in ONNX Runtime. */
    ONNX("onnx", ".onnx", listOf(Accelerator.CPU)),
    ;

    /**
     * What a file of this format says of itself.
     *
     * @param file the whole file, its position at 0; it is not changed.
     * @param what name of the file, for messages.
     * @throws HeadPoseException if it is of another format, is damaged, or carries no record of ours.
     */
    fun facts(
        file: ByteBuffer,
        what: String,
    ): ModelFacts {
        val found =
            when (this) {
                TFLITE -> TfliteMetadata.facts(file, what)
                ONNX -> OnnxMetadata.facts(file, what)
            }
        return found
            ?: throw HeadPoseException("$what carries no head-pose metadata: it was not made by  headpose export")
    }

    /** Formats by name. */
    companion object {
        /** The format of a file of this name; null if the app runs none such. */
        fun ofFile(name: String): ModelFormat? = entries.firstOrNull { name.endsWith(it.suffix) }

        /**
         * The format of a file of this name.
         *
         * @throws HeadPoseException if the app runs none such.
         */
        fun needed(name: String): ModelFormat =
            ofFile(name)
                ?: throw HeadPoseException(
                    "$name is neither a .tflite nor an .onnx file: make one with  headpose export --targets tflite,onnx",
                )
    }
}
