package org.sixdrepnext.headpose.platform

import android.content.Context
import android.view.OrientationEventListener
import android.view.Surface
import androidx.camera.core.AspectRatio
import androidx.camera.core.Camera
import androidx.camera.core.CameraSelector
import androidx.camera.core.CameraState
import androidx.camera.core.ImageAnalysis
import androidx.camera.core.ImageProxy
import androidx.camera.core.Preview
import androidx.camera.core.resolutionselector.AspectRatioStrategy
import androidx.camera.core.resolutionselector.ResolutionSelector
import androidx.camera.lifecycle.ProcessCameraProvider
import androidx.camera.lifecycle.awaitInstance
import androidx.lifecycle.LifecycleOwner
import androidx.lifecycle.Observer
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.flowOn
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.PixelSize
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import org.sixdrepnext.headpose.core.pipeline.Frame
import org.sixdrepnext.headpose.core.pipeline.FrameSource
import org.sixdrepnext.headpose.logic.CameraHold
import org.sixdrepnext.headpose.logic.CameraSide
import org.sixdrepnext.headpose.logic.Interruption
import org.sixdrepnext.headpose.logic.PictureBuffers
import org.sixdrepnext.headpose.logic.RgbaPicture
import java.util.concurrent.Executors

/**
 * A camera's frames: collecting starts it, cancelling frees it.
 *
 * @param owner while it is stopped, the camera is closed.
 * @param screenRotation how the screen is turned now, one of [Surface]'s constants.
 * @param onTurn told the turn that makes a frame upright on the screen, at the start and whenever the phone is turned.
 * @param onInterrupted told why the system took the camera away, null when it gave it back.
 */
class CameraXSource(
    private val context: Context,
    private val owner: LifecycleOwner,
    private val side: CameraSide,
    private val surface: Preview.SurfaceProvider,
    private val screenRotation: () -> Int,
    private val onTurn: (QuarterTurn) -> Unit,
    private val onInterrupted: (Interruption?) -> Unit,
    private val main: CoroutineDispatcher = Dispatchers.Main.immediate,
) : FrameSource<RgbaPicture> {
    override fun frames(): Flow<Frame<RgbaPicture>> =
        callbackFlow {
            val provider = ProcessCameraProvider.awaitInstance(context)
            val selector = CameraSelector.Builder().requireLensFacing(lens).build()
            if (!provider.hasCamera(selector)) throw HeadPoseException("this phone has no ${side.id} camera")
            val analysis = analysis()
            val preview =
                Preview
                    .Builder()
                    .setResolutionSelector(shape)
                    .build()
                    .apply { setSurfaceProvider(surface) }
            val camera =
                try {
                    provider.bindToLifecycle(owner, selector, preview, analysis)
                } catch (error: IllegalArgumentException) {
                    throw HeadPoseException("the ${side.id} camera cannot be opened: ${error.message}", error)
                }
            val executor = Executors.newSingleThreadExecutor()
            analysis.setAnalyzer(executor, FrameAnalyzer(side == CameraSide.FRONT) { trySend(it) })
            val turns = turns(camera, analysis).apply { enable() }
            val observer = Observer<CameraState> { onInterrupted(it.interruption) }
            camera.cameraInfo.cameraState.observe(owner, observer)
            awaitClose {
                turns.disable()
                camera.cameraInfo.cameraState.removeObserver(observer)
                analysis.clearAnalyzer()
                provider.unbind(preview, analysis)
                executor.shutdown()
            }
        }.buffer(Channel.UNLIMITED).flowOn(main)

    private val lens: Int
        get() = if (side == CameraSide.FRONT) CameraSelector.LENS_FACING_FRONT else CameraSelector.LENS_FACING_BACK

    private val fourToThree = AspectRatioStrategy(AspectRatio.RATIO_4_3, AspectRatioStrategy.FALLBACK_RULE_AUTO)

    /** Preview and analysis of one shape, so that the same part of the world lies under the overlay. */
    private val shape: ResolutionSelector
        get() =
            ResolutionSelector
                .Builder()
                .setAspectRatioStrategy(fourToThree)
                .build()

    private fun analysis(): ImageAnalysis =
        ImageAnalysis
            .Builder()
            .setBackpressureStrategy(ImageAnalysis.STRATEGY_KEEP_ONLY_LATEST)
            .setOutputImageFormat(ImageAnalysis.OUTPUT_IMAGE_FORMAT_RGBA_8888)
            .setResolutionSelector(shape)
            .setTargetRotation(screenRotation())
            .build()

    /** Follows how the phone is held, even while the screen's rotation is locked. */
    private fun turns(
        camera: Camera,
        analysis: ImageAnalysis,
    ): OrientationEventListener {
        fun tell() = onTurn(QuarterTurn.ofDegrees(camera.cameraInfo.getSensorRotationDegrees(screenRotation())))
        tell()
        return object : OrientationEventListener(context) {
            override fun onOrientationChanged(orientation: Int) {
                analysis.targetRotation = CameraHold.surfaceRotation(orientation, analysis.targetRotation)
                tell()
            }
        }
    }
}

/** Copies CameraX's pictures and lets them go at once. */
class FrameAnalyzer(
    private val isMirrored: Boolean,
    private val send: (Frame<RgbaPicture>) -> Unit,
) : ImageAnalysis.Analyzer {
    private val buffers = PictureBuffers()

    override fun analyze(image: ImageProxy) =
        image.use {
            val plane = it.planes[0]
            val pixels = buffers.copyOf(plane.buffer)
            val turn = QuarterTurn.ofDegrees(it.imageInfo.rotationDegrees)
            val geometry = FrameGeometry(PixelSize(it.width, it.height), turn, isMirrored)
            val frame =
                Frame(RgbaPicture(pixels, plane.rowStride), it.imageInfo.timestamp / 1e9, geometry) {
                    buffers
                        .giveBack(pixels)
                }
            send(frame)
        }
}

/** Why the camera is not open; null while it is, and while it opens. */
val CameraState.interruption: Interruption?
    get() =
        when (error?.code) {
            null -> null
            CameraState.ERROR_CAMERA_IN_USE -> Interruption.IN_USE
            CameraState.ERROR_MAX_CAMERAS_IN_USE -> Interruption.TOO_MANY
            CameraState.ERROR_CAMERA_DISABLED -> Interruption.DISABLED
            CameraState.ERROR_DO_NOT_DISTURB_MODE_ENABLED -> Interruption.DO_NOT_DISTURB
            else -> Interruption.OTHER
        }
