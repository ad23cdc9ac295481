// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit ef8dd96c2e78530a833cd339eaa3ff20d710ab08:
//   camera/camera-view/api/restricted_1.6.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.camera.view

import android.content.Context
import android.view.View
import androidx.camera.core.Preview
import org.sixdrepnext.headpose.stubs.stub

class PreviewView(
    context: Context,
) : View(context) {
    var scaleType = ScaleType.FILL_CENTER
    val surfaceProvider: Preview.SurfaceProvider get() = stub()

    enum class ScaleType { FILL_CENTER, FILL_END, FILL_START, FIT_CENTER, FIT_END, FIT_START }
}
