// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/runtime/runtime-saveable/api/1.10.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.runtime.saveable

import androidx.compose.runtime.Composable
import org.sixdrepnext.headpose.stubs.stub

@Composable
fun <T : Any> rememberSaveable(
    vararg inputs: Any?,
    init: () -> T,
): T = stub()
