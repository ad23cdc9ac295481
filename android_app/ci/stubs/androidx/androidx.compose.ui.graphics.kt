// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/ui/ui-graphics/api/restricted_1.10.0-beta01.txt
// Not looked up there: Color, StrokeCap, ImageBitmap, asImageBitmap, Shape, RectangleShape.
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

class StrokeCap internal constructor() {
    companion object {
        val Butt: StrokeCap get() = stub()
        val Round: StrokeCap get() = stub()
    }
}

interface ImageBitmap

fun Bitmap.asImageBitmap(): ImageBitmap = stub()

interface Shape

val RectangleShape: Shape get() = stub()
