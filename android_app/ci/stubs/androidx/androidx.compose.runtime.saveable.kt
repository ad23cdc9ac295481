// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/runtime/runtime-saveable/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.runtime.saveable

import androidx.compose.runtime.Composable
import org.sixdrepnext.headpose.stubs.stub

@Composable
fun <T : Any> rememberSaveable(
    vararg inputs: Any?,
    init: () -> T,
): T = stub()
