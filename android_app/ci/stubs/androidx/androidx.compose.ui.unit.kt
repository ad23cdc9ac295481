// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui-unit/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.unit

class Dp(
    val value: Float,
)

val Int.dp: Dp get() = Dp(toFloat())

class TextUnit(
    val value: Float,
)

val Int.sp: TextUnit get() = TextUnit(toFloat())

interface Density {
    val density: Float
}
