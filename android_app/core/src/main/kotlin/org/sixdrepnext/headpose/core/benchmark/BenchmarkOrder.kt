package org.sixdrepnext.headpose.core.benchmark

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator

/**
 * What `headpose bench android` asks of the app's instrumentation, as arguments of `am instrument`.
 *
 * The names are those of the Python tools (benchmarks/android/app.py).
 */
data class BenchmarkOrder(
    /** Path of a .tflite or .onnx file that the app may read. */
    val artefact: String,
    /** What to run it on, and nothing else. */
    val accelerator: Accelerator,
    /** Threads on the processor, null for the engine's own choice. */
    val threads: Int?,
    /** Inferences before the first sample. */
    val warmup: Int,
    /** Inferences that are timed, at least. */
    val runs: Int,
    /** Time them at least so long, seconds. */
    val minSeconds: Double,
    /** Name of the file, among the app's own files, that takes the list of records. */
    val result: String,
) {
    /** Our own protocol with these counts. */
    val protocol: MeasuringProtocol
        get() = MeasuringProtocol.HEADPOSE.copy(warmup = warmup, iterations = runs, minSeconds = minSeconds)

    /** Reading. */
    companion object {
        private val FILE_NAME = Regex("[A-Za-z0-9][A-Za-z0-9._-]*")

        /**
         * Reads an order.
         *
         * @param argument value of an argument, null if it was not given: `InstrumentationRegistry.getArguments()::getString`.
         * @throws HeadPoseException in one sentence if an argument is missing or makes no sense.
         */
        fun read(argument: (String) -> String?): BenchmarkOrder =
            BenchmarkOrder(
                artefact = needed("artefact", argument),
                accelerator = Accelerator.of(needed("accelerator", argument)),
                threads = argument("threads")?.let { whole("threads", it, least = 1) },
                warmup = whole("warmup", needed("warmup", argument), least = 0),
                runs = whole("runs", needed("runs", argument), least = 1),
                minSeconds = seconds("minSeconds", needed("minSeconds", argument)),
                result = fileName("result", needed("result", argument)),
            )

        private fun needed(
            name: String,
            argument: (String) -> String?,
        ): String =
            argument(name)?.takeIf(String::isNotBlank)
                ?: throw HeadPoseException("the benchmark needs the argument $name: add  -e $name …  to am instrument")

        private fun whole(
            name: String,
            text: String,
            least: Int,
        ): Int = text.toIntOrNull()?.takeIf { it >= least } ?: throw wrong(name, text, "a whole number from $least")

        private fun seconds(
            name: String,
            text: String,
        ): Double =
            text.toDoubleOrNull()?.takeIf { it.isFinite() && it >= 0 } ?: throw wrong(name, text, "seconds from 0")

        private fun fileName(
            name: String,
            text: String,
        ): String = text.takeIf(FILE_NAME::matches) ?: throw wrong(name, text, "the name of a file, without a folder")

        private fun wrong(
            name: String,
            text: String,
            wanted: String,
        ) = HeadPoseException("the benchmark's argument $name is '$text': give $wanted")
    }
}
