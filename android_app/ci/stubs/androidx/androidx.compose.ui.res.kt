// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui/api/current.txt
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
