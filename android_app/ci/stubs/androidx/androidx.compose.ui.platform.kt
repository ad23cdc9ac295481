// Only what the app uses, by the published signatures (not compared yet):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/ui/ui/api/1.10.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.platform

import android.content.Context
import android.view.View
import androidx.compose.runtime.CompositionLocal
import org.sixdrepnext.headpose.stubs.stub

val LocalContext: CompositionLocal<Context> get() = stub()

val LocalView: CompositionLocal<View> get() = stub()
