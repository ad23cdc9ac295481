package org.sixdrepnext.headpose.ui

import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts
import androidx.compose.foundation.Canvas
import androidx.compose.foundation.Image
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.rememberTextMeasurer
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import org.sixdrepnext.headpose.R
import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.logic.Overlay
import org.sixdrepnext.headpose.logic.StillHead
import org.sixdrepnext.headpose.platform.Still

/** One photograph and its heads. The system's picker gives the app that one picture and no other. */
@Composable
fun PhotoView(
    app: AppModel,
    photo: PhotoModel,
    openModels: () -> Unit,
) {
    val use by app.use.collectAsStateWithLifecycle()
    val state by photo.state.collectAsStateWithLifecycle()
    val preferences by app.preferences.collectAsStateWithLifecycle()
    val ready = use as? Use.Ready
    if (ready == null) {
        UseNotice(use, openModels)
        return
    }
    val picker =
        rememberLauncherForActivityResult(ActivityResultContracts.PickVisualMedia()) { uri ->
            uri?.let { photo.read(it, ready) }
        }
    Column(
        modifier = Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            Button(onClick = {
                picker.launch(PickVisualMediaRequest(ActivityResultContracts.PickVisualMedia.ImageOnly))
            }) {
                Text(stringResource(R.string.choose_photo))
            }
            OutlinedButton(onClick = { photo.read(null, ready) }) { Text(stringResource(R.string.example)) }
        }
        if (!ready.model.facts.checkpoint.trained) Text(stringResource(R.string.untrained))
        state.still?.let { AnnotatedPicture(it, state.heads.orEmpty(), preferences.style) }
        val heads = state.heads
        when {
            state.error != null -> Text(state.error.orEmpty())
            heads == null && state.still != null -> CircularProgressIndicator()
            heads?.isEmpty() == true -> Text(stringResource(R.string.no_face_in_photo))
            heads != null -> heads.forEach { Text("${it.number}: ${it.angles.labelLines.joinToString(", ")}") }
            else -> Text(stringResource(R.string.photo_text))
        }
    }
}

@Composable
private fun AnnotatedPicture(
    still: Still,
    heads: List<StillHead>,
    style: DrawingStyle,
) {
    val measurer = rememberTextMeasurer()
    val shape = still.bitmap.width.toFloat() / still.bitmap.height
    Box(Modifier.fillMaxWidth().aspectRatio(shape)) {
        Image(
            still.bitmap.asImageBitmap(),
            contentDescription = stringResource(R.string.photo_description, heads.size),
            modifier = Modifier.fillMaxSize(),
            contentScale = ContentScale.Fit,
        )
        Canvas(Modifier.fillMaxSize()) {
            val overlay = Overlay(still.geometry, still.geometry.turn, size.width.toDouble(), size.height.toDouble())
            heads.forEach { head ->
                drawHead(
                    head.lines(style), listOf(head.number.toString()), head.face, overlay.map,
                    { overlay.lineWidth(it, 1.5 * density).toFloat() }, measurer,
                )
            }
        }
    }
}
