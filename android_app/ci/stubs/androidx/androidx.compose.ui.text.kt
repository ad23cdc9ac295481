// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui-text/api/current.txt
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
    val fontSize: TextUnit? = null,
    val background: Color = Color.Unspecified,
)

class TextLayoutResult

class TextMeasurer {
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
