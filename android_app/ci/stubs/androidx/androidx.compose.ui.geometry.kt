// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a9b06aaf32dbcf83aa12e3f8185a109d14fbe8e9:
//   compose/ui/ui-geometry/api/1.10.0-beta01.txt
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
