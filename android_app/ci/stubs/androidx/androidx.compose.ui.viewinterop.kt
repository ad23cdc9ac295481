// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.viewinterop

import android.content.Context
import android.view.View
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier

@Composable
fun <T : View> AndroidView(
    factory: (Context) -> T,
    modifier: Modifier = Modifier,
    update: (T) -> Unit = {},
) {}
