package org.sixdrepnext.headpose.core.benchmark

import org.sixdrepnext.headpose.core.accelerator.AcceleratedModel
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.Stage
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.pipeline.ThermalState

/** A model that is open and ready. */
interface OpenedModel : AcceleratedModel {
    /** One inference, finished when it returns. It does not suspend: a hop between threads would be timed too. */
    fun predict()
}

/**
 * One model on one accelerator, and how to open it.
 *
 * @param open opens the model anew, with nothing kept from before.
 */
class BenchmarkSubject(
    /** Facts of the file. */
    val model: BenchmarkRecord.Model,
    /** Facts of the phone; thermal states are filled in. */
    val device: BenchmarkRecord.Device,
    /** What is asked for. */
    val accelerator: Accelerator,
    /** Threads asked for, null for the engine's own choice. */
    val threads: Int?,
    /** Program that measures, with its version. */
    val tool: String,
    /** What executes the file, with its version. */
    val engine: String,
    /** Stages inside [OpenedModel.predict]. */
    val includes: List<Stage> = listOf(Stage.INFERENCE),
    /** Figures of the file's parity, as its metadata has them. */
    val parity: JsonValue? = null,
    /** Versions of the packages that made it. */
    val tools: Map<String, String> = emptyMap(),
    /** What else the system tells: battery, screen, sustained performance, … */
    val conditions: Map<String, String> = emptyMap(),
    /** True in an emulator: the times say nothing of a device then. */
    val emulated: Boolean = false,
    /** How the engine runs the model where it has several ways. */
    val mode: String = "",
    /** Resident memory after the last sample; null where it is not measured. */
    val memory: () -> BenchmarkRecord.Memory? = { null },
    val open: suspend () -> OpenedModel,
)

/** How a phone is let cool down before a measurement. */
data class CoolDown(
    /** Rest in any case, seconds. */
    val pauseSeconds: Double,
    /** Wait until it is this cool; a phone that does not tell is taken for cool. */
    val until: ThermalState,
    /** But no longer than this, seconds; the record tells the state that it started in. */
    val atMostSeconds: Double,
    /** How often to look, seconds. */
    val pollSeconds: Double,
) {
    /** Usual ways. */
    companion object {
        /** Two seconds of rest, and up to two minutes until nothing is throttled. */
        val STANDARD = CoolDown(2.0, ThermalState.NONE, 120.0, 1.0)

        /** No rest. */
        val NONE = CoolDown(0.0, ThermalState.SHUTDOWN, 0.0, 1.0)
    }
}

/** Where a measurement is. */
sealed interface BenchmarkProgress {
    /** Waits for the phone to cool down; [state] is null where the phone does not tell. */
    data class CoolingDown(
        val state: ThermalState?,
        val waitedSeconds: Double,
    ) : BenchmarkProgress

    /** Opens the model: round and rounds in all, from 1. */
    data class Opening(
        val round: Int,
        val of: Int,
    ) : BenchmarkProgress

    /** Measures: inferences that were kept, how many there will be at least, and the newest times for a live chart, ms. */
    data class Measuring(
        val done: Int,
        val of: Int,
        val newestMs: List<Double>,
    ) : BenchmarkProgress
}
