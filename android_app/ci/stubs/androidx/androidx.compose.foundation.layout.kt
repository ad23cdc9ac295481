// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a9b06aaf32dbcf83aa12e3f8185a109d14fbe8e9:
//   compose/foundation/foundation-layout/api/1.10.0-beta01.txt
// Not looked up there: fillMaxSize, fillMaxWidth, height.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.foundation.layout

import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.Dp
import org.sixdrepnext.headpose.stubs.stub

interface ColumnScope

interface RowScope

interface BoxScope {
    fun Modifier.align(alignment: Alignment): Modifier
}

interface PaddingValues

object Arrangement {
    interface Horizontal

    interface Vertical

    interface HorizontalOrVertical :
        Horizontal,
        Vertical

    fun spacedBy(space: Dp): HorizontalOrVertical = stub()

    fun spacedBy(
        space: Dp,
        alignment: Alignment.Vertical,
    ): Vertical = stub()

    val Top: Vertical get() = stub()
    val Start: Horizontal get() = stub()
}

@Composable
fun Column(
    modifier: Modifier = Modifier,
    verticalArrangement: Arrangement.Vertical = Arrangement.Top,
    horizontalAlignment: Alignment.Horizontal = Alignment.Start,
    content: @Composable ColumnScope.() -> Unit,
) {}

@Composable
fun Row(
    modifier: Modifier = Modifier,
    horizontalArrangement: Arrangement.Horizontal = Arrangement.Start,
    verticalAlignment: Alignment.Vertical = Alignment.Top,
    content: @Composable RowScope.() -> Unit,
) {}

@Composable
fun Box(
    modifier: Modifier = Modifier,
    contentAlignment: Alignment = Alignment.TopStart,
    content: @Composable BoxScope.() -> Unit,
) {}

fun Modifier.padding(all: Dp): Modifier = this

fun Modifier.padding(
    start: Dp = Dp(0f),
    top: Dp = Dp(0f),
    end: Dp = Dp(0f),
    bottom: Dp = Dp(0f),
): Modifier = this

fun Modifier.padding(paddingValues: PaddingValues): Modifier = this

fun Modifier.fillMaxSize(fraction: Float = 1f): Modifier = this

fun Modifier.fillMaxWidth(fraction: Float = 1f): Modifier = this

fun Modifier.height(height: Dp): Modifier = this

fun Modifier.aspectRatio(
    ratio: Float,
    matchHeightConstraintsFirst: Boolean = false,
): Modifier = this
