// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/camera/camera-view/api/current.txt
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
