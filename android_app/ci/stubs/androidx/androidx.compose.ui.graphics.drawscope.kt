// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/ui/ui-graphics/api/restricted_1.10.0-beta01.txt
// Not looked up there: size.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.graphics.drawscope

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.unit.Density

interface DrawScope : Density {
    val size: Size

    fun drawLine(
        color: Color,
        start: Offset,
        end: Offset,
        strokeWidth: Float = 0f,
        cap: StrokeCap = StrokeCap.Butt,
    )
}
