// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/ui/ui-unit/api/1.10.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.unit

class Dp(
    val value: Float,
)

val Int.dp: Dp get() = Dp(toFloat())

class TextUnit internal constructor(
    val value: Float,
) {
    companion object {
        val Unspecified = TextUnit(0f)
    }
}

val Int.sp: TextUnit get() = TextUnit(toFloat())

interface Density {
    val density: Float
}
