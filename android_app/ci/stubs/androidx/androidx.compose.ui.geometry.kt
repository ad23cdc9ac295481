// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui-geometry/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.geometry

data class Offset(
    val x: Float,
    val y: Float,
) {
    companion object {
        val Zero = Offset(0f, 0f)
    }
}

data class Size(
    val width: Float,
    val height: Float,
)
