// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui/api/current.txt
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
        val BottomCenter: Alignment get() = stub()
        val CenterVertically: Vertical get() = stub()
        val CenterHorizontally: Horizontal get() = stub()
    }
}
