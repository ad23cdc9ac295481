// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.layout

import org.sixdrepnext.headpose.stubs.stub

interface ContentScale {
    companion object {
        val Fit: ContentScale get() = stub()
    }
}
