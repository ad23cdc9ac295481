// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/ui/ui/api/1.10.0-beta01.txt
// Not looked up there: Modifier.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui

import org.sixdrepnext.headpose.stubs.stub

interface Modifier {
    companion object : Modifier
}

interface Alignment {
    interface Horizontal

    interface Vertical

    companion object {
        val TopStart: Alignment get() = stub()
        val Center: Alignment get() = stub()
        val CenterStart: Alignment get() = stub()
        val BottomCenter: Alignment get() = stub()
        val Top: Vertical get() = stub()
        val CenterVertically: Vertical get() = stub()
        val Start: Horizontal get() = stub()
        val CenterHorizontally: Horizontal get() = stub()
    }
}
