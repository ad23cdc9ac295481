package org.sixdrepnext.headpose.ui

import android.Manifest
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.provider.Settings
import androidx.activity.compose.LocalActivity
import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.contract.ActivityResultContracts
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.compose.LifecycleEventEffect
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import org.sixdrepnext.headpose.R
import org.sixdrepnext.headpose.logic.CameraAccess

/** The camera, once it may be used and a model is ready; otherwise what is missing and what to do. */
@Composable
fun LiveView(
    app: AppModel,
    openModels: () -> Unit,
) {
    val context = LocalContext.current
    val activity = LocalActivity.current
    val use by app.use.collectAsStateWithLifecycle()
    val preferences by app.preferences.collectAsStateWithLifecycle()

    fun access() =
        CameraAccess.of(
            granted = context.checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED,
            asked = app.preferences.value.askedForCamera,
            mayExplain = activity?.shouldShowRequestPermissionRationale(Manifest.permission.CAMERA) ?: false,
        )
    var access by remember { mutableStateOf(access()) }
    val request =
        rememberLauncherForActivityResult(ActivityResultContracts.RequestPermission()) {
            app.change { it.copy(askedForCamera = true) }
            access = access()
        }
    LifecycleEventEffect(Lifecycle.Event.ON_RESUME) { access = access() } // it may come back from the settings
    val ready = use as? Use.Ready
    when {
        access == CameraAccess.REFUSED_FOR_GOOD ->
            Notice(
                stringResource(R.string.camera_refused), stringResource(R.string.camera_refused_for_good_text),
                stringResource(R.string.open_settings),
            ) {
                val page = Uri.fromParts("package", context.packageName, null)
                context.startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, page))
            }
        access != CameraAccess.GRANTED -> {
            val title = if (access == CameraAccess.REFUSED) R.string.camera_refused else R.string.camera_needed
            val text = stringResource(R.string.camera_needed_text)
            Notice(stringResource(title), text, stringResource(R.string.allow_camera)) {
                request.launch(Manifest.permission.CAMERA)
            }
        }
        ready == null -> UseNotice(use, openModels)
        else -> LiveCamera(app, ready, preferences)
    }
}
