// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui-graphics/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.graphics

import android.graphics.Bitmap
import org.sixdrepnext.headpose.stubs.stub

class Color(
    val value: Long,
) {
    companion object {
        val White = Color(0xFFFFFFFF)
        val Unspecified = Color(0)
    }
}

enum class StrokeCap {
    Butt,
    Round,
    ;

    companion object
}

interface ImageBitmap

fun Bitmap.asImageBitmap(): ImageBitmap = stub()

interface Shape
