package org.sixdrepnext.headpose.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Button
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import org.sixdrepnext.headpose.R

/** One state that fills the screen: what is so, and what can be done. A screen reader says it when it appears. */
@Composable
fun Notice(
    title: String,
    text: String,
    action: String? = null,
    onAction: () -> Unit = {},
) {
    Column(
        modifier = Modifier.fillMaxSize().padding(32.dp).semantics { liveRegion = LiveRegionMode.Polite },
        verticalArrangement = Arrangement.spacedBy(12.dp, Alignment.CenterVertically),
        horizontalAlignment = Alignment.CenterHorizontally,
    ) {
        Text(title, style = MaterialTheme.typography.titleLarge, textAlign = TextAlign.Center)
        Text(text, textAlign = TextAlign.Center)
        if (action != null) Button(onClick = onAction) { Text(action) }
    }
}

/** What to show while no model is ready; nothing if one is. */
@Composable
fun UseNotice(
    use: Use,
    openModels: () -> Unit,
) {
    when (use) {
        is Use.Ready -> Unit
        Use.None ->
            Notice(
                stringResource(R.string.no_model), stringResource(R.string.no_model_text),
                stringResource(R.string.open_models), openModels,
            )
        is Use.Failed ->
            Notice(
                stringResource(R.string.model_failed), use.message, stringResource(R.string.open_models), openModels,
            )
        Use.Loading ->
            Column(
                modifier = Modifier.fillMaxSize(),
                verticalArrangement = Arrangement.spacedBy(12.dp, Alignment.CenterVertically),
                horizontalAlignment = Alignment.CenterHorizontally,
            ) {
                CircularProgressIndicator()
                Text(stringResource(R.string.opening_model))
            }
    }
}
