package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.benchmark.BenchmarkPreset
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.benchmark.MeasuringProtocol

/** One measurement to make. */
data class BenchmarkJob(
    val model: ModelFile,
    val accelerator: Accelerator,
    val threads: Int?,
    val rules: MeasuringProtocol,
) {
    /** Different for different measurements. */
    val id: String get() = "${model.id}|${accelerator.id}|${threads ?: "-"}|${rules.name}"

    /** For people: `cpu ×4`. */
    val place: String get() = if (threads == null) accelerator.id else "${accelerator.id} ×$threads"
}

/** Which models, on which accelerators, with how many threads of the processor, by which rules. */
data class BenchmarkPlan(
    val models: List<ModelFile>,
    val accelerators: List<Accelerator>,
    val threads: List<Int>,
    val preset: BenchmarkPreset,
) {
    /**
     * The measurements in order: all of a model together, so that its figures stand side by side. None on an
     * accelerator that the model's engine does not have.
     */
    val jobs: List<BenchmarkJob>
        get() =
            models.flatMap { model ->
                accelerators.filter { it in model.format.accelerators }.flatMap { accelerator ->
                    val counts = if (accelerator == Accelerator.CPU) threads else listOf(null)
                    counts.flatMap { count -> preset.protocols.map { BenchmarkJob(model, accelerator, count, it) } }
                }
            }

    companion object {
        /** Numbers of threads that a phone with so many cores is asked for: 1, 2, 4, as far as it has them. */
        fun threadChoices(cores: Int): List<Int> = listOf(1, 2, 4, 8).filter { it <= maxOf(1, cores) }
    }
}

/** One line of the result table. */
data class BenchmarkRow(
    val id: String,
    val model: String,
    val place: String,
    val used: String?,
    val rules: String,
    val quotedMs: Double?,
    val p50: Double,
    val p90: Double?,
    val p99: Double?,
    val reasons: List<String>,
) {
    companion object {
        /** The line of a record. */
        fun of(
            job: BenchmarkJob,
            record: BenchmarkRecord,
        ): BenchmarkRow =
            BenchmarkRow(
                job.id, job.model.file, job.place, record.run.computeUnitsUsed, job.rules.name,
                job.rules.quoted(record.latencyMs), record.latencyMs.p50, record.latencyMs.p90, record.latencyMs.p99,
                record.invalidReasons,
            )
    }
}
