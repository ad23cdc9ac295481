package org.sixdrepnext.headpose.ui

import android.view.WindowManager
import androidx.activity.compose.LocalActivity
import androidx.compose.foundation.Canvas
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.DisposableEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.compose.LifecycleEventEffect
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import kotlinx.coroutines.launch
import org.sixdrepnext.headpose.R
import org.sixdrepnext.headpose.core.benchmark.BenchmarkProgress
import org.sixdrepnext.headpose.logic.BenchmarkRow
import org.sixdrepnext.headpose.logic.BenchmarkState

/** Choose, measure, look, share. */
@Composable
fun BenchmarkView(
    app: AppModel,
    benchmark: BenchmarkModel,
) {
    val state by benchmark.session.state.collectAsStateWithLifecycle()
    val running by benchmark.isRunning.collectAsStateWithLifecycle()
    val hasResults by benchmark.hasResults.collectAsStateWithLifecycle()
    val sustained by benchmark.isSustained.collectAsStateWithLifecycle()
    val activity = LocalActivity.current
    LifecycleEventEffect(Lifecycle.Event.ON_STOP) {
        // In the background the system takes cores away; a turn of the phone stops the activity too, and starts it again.
        if (activity?.isChangingConfigurations != true) benchmark.cancel()
    }
    KeepAwake(running, sustained)
    Column(
        modifier = Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        if (running) {
            Progress(state)
            OutlinedButton(onClick = benchmark::cancel) { Text(stringResource(R.string.stop)) }
        } else {
            BenchmarkChoices(app, benchmark, sustained)
        }
        if (state.wasCancelled) Text(stringResource(R.string.cancelled))
        state.jobs.forEach { job -> state.errors[job.id]?.let { Text("${job.model.file}, ${job.place}: $it") } }
        state.rows.forEach { ResultCard(it) }
        if (hasResults && !running) {
            if (state.rows.isEmpty()) Text(stringResource(R.string.earlier_results))
            ShareButton(benchmark)
        }
    }
}

/** The screen stays on, and the clock is held if the person wished it, as long as it measures. */
@Composable
private fun KeepAwake(
    running: Boolean,
    sustained: Boolean,
) {
    val window = LocalActivity.current?.window
    DisposableEffect(running, sustained, window) {
        if (running) {
            window?.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
            window?.setSustainedPerformanceMode(sustained)
        }
        onDispose {
            window?.clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
            window?.setSustainedPerformanceMode(false)
        }
    }
}

@Composable
private fun Progress(state: BenchmarkState) {
    val index = state.running ?: return
    val job = state.jobs[index]
    Text(stringResource(R.string.measuring, index + 1, state.jobs.size, job.model.file, job.place))
    when (val progress = state.progress) {
        is BenchmarkProgress.CoolingDown ->
            Text(stringResource(R.string.cooling, progress.state?.id ?: "?", progress.waitedSeconds))
        is BenchmarkProgress.Opening -> Text(stringResource(R.string.opening_round, progress.round, progress.of))
        is BenchmarkProgress.Measuring ->
            LinearProgressIndicator(
                progress = { progress.done.toFloat() / progress.of }, modifier = Modifier.fillMaxWidth(),
            )
        null -> LinearProgressIndicator(Modifier.fillMaxWidth())
    }
    Chart(state.samplesMs)
}

/** The newest times, each a bar, the longest as high as the chart. */
@Composable
private fun Chart(samplesMs: List<Double>) {
    val color = MaterialTheme.colorScheme.primary
    val described = stringResource(R.string.chart, samplesMs.lastOrNull() ?: 0.0)
    Canvas(Modifier.fillMaxWidth().height(120.dp).semantics { contentDescription = described }) {
        val most = samplesMs.maxOrNull()?.takeIf { it > 0 } ?: return@Canvas
        val step = size.width / samplesMs.size
        samplesMs.forEachIndexed { index, ms ->
            val x = (index + 0.5f) * step
            val top = size.height * (1 - (ms / most).toFloat())
            drawLine(color, Offset(x, size.height), Offset(x, top), maxOf(1f, step * 0.8f))
        }
    }
}

@Composable
private fun ResultCard(row: BenchmarkRow) {
    Card(Modifier.fillMaxWidth()) {
        Column(Modifier.padding(12.dp), verticalArrangement = Arrangement.spacedBy(4.dp)) {
            Text("${row.model}, ${row.place}", style = MaterialTheme.typography.titleMedium)
            Text(stringResource(R.string.used_backend, row.used ?: stringResource(R.string.not_proven), row.rules))
            Text(stringResource(R.string.latency, row.p50, row.p90 ?: Double.NaN, row.p99 ?: Double.NaN))
            row.quotedMs?.let { Text(stringResource(R.string.quoted, it)) }
            row.reasons.forEach { Text(stringResource(R.string.not_to_quote, it)) }
        }
    }
}

@Composable
private fun ShareButton(benchmark: BenchmarkModel) {
    val context = LocalContext.current
    Button(onClick = { context.startActivity(benchmark.share()) }) { Text(stringResource(R.string.share)) }
}
