package org.sixdrepnext.headpose.ui

import android.view.Surface
import androidx.camera.view.PreviewView
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.platform.LocalView
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.viewinterop.AndroidView
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.compose.LocalLifecycleOwner
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import androidx.lifecycle.repeatOnLifecycle
import org.sixdrepnext.headpose.R
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import org.sixdrepnext.headpose.logic.CameraState
import org.sixdrepnext.headpose.logic.Interruption
import org.sixdrepnext.headpose.logic.Preferences
import org.sixdrepnext.headpose.platform.CameraXSource

/** Preview, overlay, figures and controls; in the background the camera is free. */
@Composable
fun LiveCamera(
    app: AppModel,
    use: Use.Ready,
    preferences: Preferences,
) {
    val context = LocalContext.current
    val owner = LocalLifecycleOwner.current
    val view = LocalView.current
    val screen by app.live.screen.collectAsStateWithLifecycle()
    val preview = remember { PreviewView(context).apply { scaleType = PreviewView.ScaleType.FILL_CENTER } }
    var turn by remember { mutableStateOf(QuarterTurn.NONE) }
    var attempt by remember { mutableIntStateOf(0) }
    LaunchedEffect(owner, use, preferences.side, attempt) {
        val source =
            CameraXSource(
                context, owner, preferences.side, preview.surfaceProvider,
                screenRotation = { view.display?.rotation ?: Surface.ROTATION_0 },
                onTurn = { turn = it },
                onInterrupted = { app.live.setInterrupted(it) },
            )
        owner.repeatOnLifecycle(Lifecycle.State.STARTED) { app.live.run(source, use.detector, use.estimator) }
    }
    Box(Modifier.fillMaxSize()) {
        AndroidView(factory = { preview }, modifier = Modifier.fillMaxSize())
        PoseOverlay(screen, turn, preferences.style, Modifier.fillMaxSize())
        CameraNotice(screen.camera) { attempt++ }
        if (screen.showsNoFace) Plate(stringResource(R.string.no_face), Modifier.align(Alignment.Center))
        screen.frameError?.let { Plate(it, Modifier.align(Alignment.Center)) }
        if (!use.model.facts.checkpoint.trained) {
            Plate(
                stringResource(R.string.untrained),
                Modifier
                    .align(Alignment.CenterStart),
            )
        }
        if (preferences.showsFigures) LiveFigures(app, use, screen, Modifier.align(Alignment.TopStart))
        LiveControls(app, preferences, screen, Modifier.align(Alignment.BottomCenter))
    }
}

@Composable
private fun CameraNotice(
    camera: CameraState,
    again: () -> Unit,
) {
    when (camera) {
        is CameraState.Failed ->
            Notice(
                stringResource(R.string.camera_failed), camera.message, stringResource(R.string.try_again), again,
            )
        is CameraState.Interrupted -> {
            val text =
                when (camera.reason) {
                    Interruption.IN_USE -> R.string.camera_in_use
                    Interruption.TOO_MANY -> R.string.camera_too_many
                    Interruption.DISABLED -> R.string.camera_disabled
                    Interruption.DO_NOT_DISTURB -> R.string.camera_do_not_disturb
                    Interruption.OTHER -> R.string.camera_interrupted_text
                }
            val title = stringResource(R.string.camera_interrupted)
            Notice(title, stringResource(text), stringResource(R.string.try_again), again)
        }
        else -> Unit
    }
}
