// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a9b06aaf32dbcf83aa12e3f8185a109d14fbe8e9:
//   compose/ui/ui-text/api/1.10.0-beta01.txt
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/ui/ui/api/1.10.0-beta01.txt
// Not looked up there: the constructor of TextStyle that takes a colour, TextLayoutResult.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.text

import androidx.compose.runtime.Composable
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.unit.TextUnit
import org.sixdrepnext.headpose.stubs.stub

class TextStyle(
    val color: Color = Color.Unspecified,
    val fontSize: TextUnit = TextUnit.Unspecified,
    val background: Color = Color.Unspecified,
)

class TextLayoutResult internal constructor()

class TextMeasurer internal constructor() {
    fun measure(
        text: String,
        style: TextStyle = TextStyle(),
    ): TextLayoutResult = stub()
}

@Composable
fun rememberTextMeasurer(cacheSize: Int = 8): TextMeasurer = stub()

fun DrawScope.drawText(
    textLayoutResult: TextLayoutResult,
    color: Color = Color.Unspecified,
    topLeft: Offset = Offset.Zero,
) {
}
