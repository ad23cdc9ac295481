// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a9b06aaf32dbcf83aa12e3f8185a109d14fbe8e9:
//   compose/foundation/foundation/api/1.10.0-beta01.txt
// Not looked up there: ScrollState, rememberScrollState, verticalScroll.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.foundation

import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.RectangleShape
import androidx.compose.ui.graphics.Shape
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.layout.ContentScale
import org.sixdrepnext.headpose.stubs.stub

class ScrollState

@Composable
fun rememberScrollState(initial: Int = 0): ScrollState = stub()

fun Modifier.verticalScroll(
    state: ScrollState,
    enabled: Boolean = true,
): Modifier = this

fun Modifier.background(
    color: Color,
    shape: Shape = RectangleShape,
): Modifier = this

@Composable
fun isSystemInDarkTheme(): Boolean = stub()

@Composable
fun Canvas(
    modifier: Modifier,
    onDraw: DrawScope.() -> Unit,
) {}

@Composable
fun Image(
    bitmap: ImageBitmap,
    contentDescription: String?,
    modifier: Modifier = Modifier,
    alignment: Alignment = Alignment.Center,
    contentScale: ContentScale = ContentScale.Fit,
) {}
