// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/activity/activity-compose/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.activity.compose

import android.app.Activity
import androidx.activity.ComponentActivity
import androidx.activity.result.contract.ActivityResultContract
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionContext
import androidx.compose.runtime.CompositionLocal
import org.sixdrepnext.headpose.stubs.stub

fun ComponentActivity.setContent(
    parent: CompositionContext? = null,
    content: @Composable () -> Unit,
) {}

val LocalActivity: CompositionLocal<Activity?> get() = stub()

class ManagedActivityResultLauncher<I, O> {
    fun launch(input: I) {}
}

@Composable
fun <I, O> rememberLauncherForActivityResult(
    contract: ActivityResultContract<I, O>,
    onResult: (O) -> Unit,
): ManagedActivityResultLauncher<I, O> = stub()
