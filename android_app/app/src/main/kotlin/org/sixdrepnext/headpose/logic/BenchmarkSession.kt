package org.sixdrepnext.headpose.logic

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.withContext
import org.sixdrepnext.headpose.core.benchmark.BenchmarkProgress
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRunner
import org.sixdrepnext.headpose.core.benchmark.BenchmarkSubject

/**
 * What the benchmark screen shows.
 *
 * @property jobs all measurements, in order.
 * @property running which one runs, null if none does.
 * @property progress where that one is.
 * @property samplesMs its newest times for the chart, milliseconds.
 * @property records what came of those that are done, by the job's identifier.
 * @property errors why others failed, in one sentence each.
 * @property wasCancelled the person stopped it.
 */
data class BenchmarkState(
    val jobs: List<BenchmarkJob> = emptyList(),
    val running: Int? = null,
    val progress: BenchmarkProgress? = null,
    val samplesMs: List<Double> = emptyList(),
    val records: Map<String, BenchmarkRecord> = emptyMap(),
    val errors: Map<String, String> = emptyMap(),
    val wasCancelled: Boolean = false,
) {
    /** The result table, in the order of the measurements. */
    val rows: List<BenchmarkRow> get() = jobs.mapNotNull { job -> records[job.id]?.let { BenchmarkRow.of(job, it) } }

    /** Results in the order of the measurements. */
    val results: List<BenchmarkRecord> get() = jobs.mapNotNull { records[it.id] }
}

/**
 * Makes one measurement after the other and keeps what came of them. Needs no framework: how a model is opened is given
 * to it.
 *
 * @param on where it measures; the thread that nothing else uses.
 * @param keep called with all results after each measurement, so that none is lost with the process.
 */
class BenchmarkSession(
    private val runner: BenchmarkRunner,
    private val on: CoroutineDispatcher,
    private val keep: suspend (List<BenchmarkRecord>) -> Unit = {},
    private val subject: suspend (BenchmarkJob) -> BenchmarkSubject,
) {
    private val shown = MutableStateFlow(BenchmarkState())

    /** What the screen shows. */
    val state: StateFlow<BenchmarkState> = shown.asStateFlow()

    /** Measures all of them; results of an earlier run go away. Cancel the caller to stop: what was measured stays. */
    suspend fun run(jobs: List<BenchmarkJob>) {
        shown.value = BenchmarkState(jobs)
        try {
            jobs.forEachIndexed { index, job -> measure(index, job) }
        } catch (stopped: CancellationException) {
            shown.update { it.copy(wasCancelled = true) }
            throw stopped
        } finally {
            shown.update { it.copy(running = null, progress = null) }
        }
    }

    private suspend fun measure(
        index: Int,
        job: BenchmarkJob,
    ) {
        shown.update { it.copy(running = index, progress = null, samplesMs = emptyList()) }
        try {
            val record = withContext(on) { guarded(job.model.file) { runner.measure(subject(job), job.rules, ::note) } }
            shown.update { it.copy(records = it.records + (job.id to record)) }
            keep(shown.value.results)
        } catch (stopped: CancellationException) {
            throw stopped
        } catch (error: Exception) {
            shown.update { it.copy(errors = it.errors + (job.id to sentence(error))) }
        }
    }

    private fun note(progress: BenchmarkProgress) =
        shown.update { state ->
            val newest = (progress as? BenchmarkProgress.Measuring)?.newestMs.orEmpty()
            state.copy(progress = progress, samplesMs = (state.samplesMs + newest).takeLast(CHART_LENGTH))
        }

    companion object {
        /** The chart keeps so many times. */
        const val CHART_LENGTH = 400
    }
}
