// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit c1a5d115194986fd15364f51f8ee8261cfbeb20e:
//   camera/camera-lifecycle/api/1.7.0-rc01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.camera.lifecycle

import android.content.Context
import androidx.camera.core.Camera
import androidx.camera.core.CameraSelector
import androidx.camera.core.UseCase
import androidx.lifecycle.LifecycleOwner
import org.sixdrepnext.headpose.stubs.stub
import java.util.concurrent.CopyOnWriteArrayList

/** Runs: [opens] says what a binding gives. */
class ProcessCameraProvider internal constructor() {
    /** What is bound now; not in the real class. */
    val bound: MutableList<UseCase> = CopyOnWriteArrayList() // the tests look while another thread binds

    fun hasCamera(cameraSelector: CameraSelector): Boolean = cameraSelector.lensFacing in lenses

    fun bindToLifecycle(
        lifecycleOwner: LifecycleOwner,
        cameraSelector: CameraSelector,
        vararg useCases: UseCase?,
    ): Camera {
        val camera = opens()
        bound += useCases.filterNotNull()
        return camera
    }

    fun unbind(vararg useCases: UseCase?) {
        bound -= useCases.filterNotNull().toSet()
    }

    companion object {
        internal val instance = ProcessCameraProvider()

        /** Which cameras there are; not in the real class. */
        var lenses = setOf(CameraSelector.LENS_FACING_FRONT, CameraSelector.LENS_FACING_BACK)

        /** What opening gives; not in the real class. */
        var opens: () -> Camera = { stub() }
    }
}

suspend fun ProcessCameraProvider.Companion.awaitInstance(context: Context): ProcessCameraProvider = instance
