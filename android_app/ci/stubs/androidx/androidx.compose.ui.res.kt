// Only what the app uses, by the published signatures (not compared yet):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/ui/ui/api/1.10.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.res

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.runtime.Composable
import androidx.compose.ui.graphics.painter.Painter
import org.sixdrepnext.headpose.stubs.stub

@Composable
fun stringResource(
    @StringRes id: Int,
): String = stub()

@Composable
fun stringResource(
    @StringRes id: Int,
    vararg formatArgs: Any,
): String = stub()

@Composable
fun painterResource(
    @DrawableRes id: Int,
): Painter = stub()
