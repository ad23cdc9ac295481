package org.sixdrepnext.headpose.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.material3.Button
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import org.sixdrepnext.headpose.R
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.benchmark.BenchmarkPreset
import org.sixdrepnext.headpose.logic.BenchmarkPlan

/** Models × accelerators × threads, and by which rules. */
@Composable
fun BenchmarkChoices(
    app: AppModel,
    benchmark: BenchmarkModel,
    sustained: Boolean,
) {
    val shelf by app.shelf.collectAsStateWithLifecycle()
    val file by app.file.collectAsStateWithLifecycle()
    var models by remember(file) { mutableStateOf(setOfNotNull(file)) }
    var accelerators by remember { mutableStateOf(setOf(Accelerator.CPU)) }
    var threads by remember { mutableStateOf(setOf(BenchmarkPlan.threadChoices(app.phone.cores).last { it <= 4 })) }
    var preset by remember { mutableStateOf(BenchmarkPreset.OURS) }
    val plan =
        BenchmarkPlan(
            shelf.files.filter {
                it in models
            },
            Accelerator.LADDER.filter { it in accelerators }, threads.sorted(), preset,
        )
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Title(R.string.models)
        if (shelf.files.isEmpty()) Text(stringResource(R.string.no_model_text))
        shelf.files.forEach { model -> Choice(model.file, model in models) { models = models.toggled(model) } }
        Title(R.string.accelerator)
        Line {
            Accelerator.LADDER.forEach {
                Choice(it.id.uppercase(), it in accelerators) { _ ->
                    accelerators =
                        accelerators.toggled(it)
                }
            }
        }
        Title(R.string.threads)
        Line {
            BenchmarkPlan.threadChoices(app.phone.cores).forEach {
                Choice("$it", it in threads) { _ ->
                    threads =
                        threads.toggled(it)
                }
            }
        }
        Title(R.string.rules)
        BenchmarkPreset.ALL.forEach { choice -> Choice(choice.title, choice == preset) { preset = choice } }
        Choice(stringResource(R.string.sustained), sustained, change = benchmark::setSustained)
        Text(stringResource(R.string.benchmark_text))
        Button(onClick = { benchmark.start(plan.jobs) }, enabled = plan.jobs.isNotEmpty()) {
            Text(stringResource(R.string.start_benchmark, plan.jobs.size))
        }
    }
}

@Composable
private fun Title(text: Int) = Text(stringResource(text), style = MaterialTheme.typography.titleMedium)

@Composable
private fun Line(content: @Composable () -> Unit) =
    Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) { content() }

private fun <T> Set<T>.toggled(item: T): Set<T> = if (item in this) this - item else this + item
