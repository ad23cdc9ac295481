// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.platform

import android.content.Context
import android.view.View
import androidx.compose.runtime.CompositionLocal
import org.sixdrepnext.headpose.stubs.stub

val LocalContext: CompositionLocal<Context> get() = stub()

val LocalView: CompositionLocal<View> get() = stub()
