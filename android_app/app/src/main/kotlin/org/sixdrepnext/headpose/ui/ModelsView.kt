package org.sixdrepnext.headpose.ui

import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.contract.ActivityResultContracts
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.produceState
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.sixdrepnext.headpose.R
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.json.CanonicalJson
import org.sixdrepnext.headpose.core.models.ModelFacts
import org.sixdrepnext.headpose.logic.BenchmarkPlan
import org.sixdrepnext.headpose.logic.ModelFile

/** What models there are, which one is used and on what, and what it says of itself. */
@Composable
fun ModelsView(app: AppModel) {
    val shelf by app.shelf.collectAsStateWithLifecycle()
    val file by app.file.collectAsStateWithLifecycle()
    val use by app.use.collectAsStateWithLifecycle()
    val problem by app.problem.collectAsStateWithLifecycle()
    val picker =
        rememberLauncherForActivityResult(ActivityResultContracts.OpenDocument()) { uri ->
            uri?.let { app.take(it) }
        }
    Column(
        modifier = Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        AcceleratorChoice(app)
        if (shelf.files.isEmpty()) Text(stringResource(R.string.no_model_text))
        shelf.problem?.let { Text(it) }
        shelf.absent.forEach { Text(stringResource(R.string.absent_model, it)) }
        shelf.files.forEach { ModelLine(app, it, it == file, use) }
        Button(onClick = { picker.launch(arrayOf("*/*")) }) { Text(stringResource(R.string.open_file)) }
    }
    problem?.let { text ->
        AlertDialog(
            onDismissRequest = app::forgetProblem,
            confirmButton = { TextButton(onClick = app::forgetProblem) { Text(stringResource(android.R.string.ok)) } },
            text = { Text(text) },
        )
    }
}

@Composable
private fun AcceleratorChoice(app: AppModel) {
    val preferences by app.preferences.collectAsStateWithLifecycle()
    Text(stringResource(R.string.accelerator), style = MaterialTheme.typography.titleMedium)
    Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        Accelerator.LADDER.forEach { accelerator ->
            Choice(accelerator.id.uppercase(), preferences.accelerator == accelerator) {
                app.change {
                    it
                        .copy(accelerator = accelerator)
                }
            }
        }
    }
    Text(stringResource(R.string.accelerator_text))
    Text(stringResource(R.string.threads), style = MaterialTheme.typography.titleMedium)
    Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        Choice(stringResource(R.string.automatic), preferences.threads == 0) { app.change { it.copy(threads = 0) } }
        BenchmarkPlan.threadChoices(app.phone.cores).forEach { count ->
            Choice(count.toString(), preferences.threads == count) { app.change { it.copy(threads = count) } }
        }
    }
}

@Composable
private fun ModelLine(
    app: AppModel,
    model: ModelFile,
    isUsed: Boolean,
    use: Use,
) {
    Card(Modifier.fillMaxWidth()) {
        Row(
            modifier =
                Modifier
                    .fillMaxWidth()
                    .padding(8.dp)
                    .selectable(selected = isUsed, role = Role.RadioButton) {
                        app.change { it.copy(model = model.id) }
                    },
            verticalAlignment = Alignment.CenterVertically,
        ) {
            RadioButton(selected = isUsed, onClick = null)
            Text(model.file, Modifier.padding(start = 8.dp))
        }
        if (!isUsed) return@Card
        when (use) {
            is Use.Ready -> Facts(app, model, use)
            is Use.Failed -> Text(use.message, Modifier.padding(8.dp))
            else -> Text(stringResource(R.string.opening_model), Modifier.padding(8.dp))
        }
        if (!model.isBundled) {
            TextButton(onClick = {
                app.forget(model)
            }) { Text(stringResource(R.string.delete_model)) }
        }
    }
}

@Composable
private fun Facts(
    app: AppModel,
    model: ModelFile,
    use: Use.Ready,
) {
    val facts = use.model.facts
    val hash by produceState<String?>(null, model) {
        value = withContext(Dispatchers.IO) { app.files.content(model).sha256 }
    }
    val chosen = use.model.chosen
    val used = chosen.model.usedBackend ?: stringResource(R.string.not_proven)
    Column(Modifier.padding(8.dp), verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Text("${use.engine}: ${stringResource(R.string.runs_on, chosen.accelerator.id, used)}")
        chosen.selfCheck?.let { Text(it.sentence) }
        chosen.sentence?.let { Text(it) }
        FactLines(facts)
        hash?.let {
            val isListed = model.entry == null || model.entry.sha256 == it
            Text(if (isListed) stringResource(R.string.fact_hash, it) else stringResource(R.string.fact_other_hash, it))
        }
    }
}

/** The manifest's facts. */
@Composable
private fun FactLines(facts: ModelFacts) {
    val checkpoint = facts.checkpoint
    val hash = checkpoint.sha256.take(12)
    Text(stringResource(R.string.fact_graph, facts.backbone, facts.precision, facts.inputSize))
    Text(
        if (checkpoint.trained) {
            stringResource(R.string.fact_checkpoint, checkpoint.source, hash)
        } else {
            stringResource(R.string.fact_untrained, checkpoint.source, hash)
        },
    )
    Text(stringResource(R.string.fact_data, checkpoint.trainingData))
    Text(stringResource(R.string.fact_licence, facts.license))
    Text(stringResource(R.string.fact_created, facts.created))
    facts.parity?.let { Text(stringResource(R.string.fact_parity, CanonicalJson.text(it))) }
    facts.accuracy?.let { Text(stringResource(R.string.fact_accuracy, CanonicalJson.text(it))) }
}
