// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit d443a782c57ebd2d5dbb7bf5cb4501a91ba28eee:
//   camera/camera-core/api/1.7.0-rc01.txt
//   https://github.com/androidx/androidx, commit a9b06aaf32dbcf83aa12e3f8185a109d14fbe8e9:
//   camera/camera-core/api/1.5.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.camera.core

import androidx.camera.core.resolutionselector.ResolutionSelector
import androidx.lifecycle.LiveData
import java.nio.ByteBuffer
import java.util.concurrent.Executor

class AspectRatio internal constructor() {
    companion object {
        const val RATIO_4_3 = 0
    }
}

interface Camera {
    val cameraInfo: CameraInfo
}

interface CameraInfo {
    val cameraState: LiveData<CameraState>

    fun getSensorRotationDegrees(relativeRotation: Int): Int
}

class CameraSelector internal constructor(
    /** Not in the real class, as far as an app sees it: restricted to CameraX. */
    val lensFacing: Int,
) {
    class Builder {
        private var lens = -1

        fun requireLensFacing(lensFacing: Int): Builder = apply { lens = lensFacing }

        fun build() = CameraSelector(lens)
    }

    companion object {
        const val LENS_FACING_FRONT = 0
        const val LENS_FACING_BACK = 1
    }
}

abstract class CameraState {
    abstract val type: Type
    abstract val error: StateError?

    enum class Type { PENDING_OPEN, OPENING, OPEN, CLOSING, CLOSED }

    abstract class StateError {
        abstract val code: Int

        companion object {
            @JvmStatic fun create(error: Int): StateError =
                object : StateError() {
                    override val code = error
                }
        }
    }

    companion object {
        const val ERROR_MAX_CAMERAS_IN_USE = 1
        const val ERROR_CAMERA_IN_USE = 2
        const val ERROR_OTHER_RECOVERABLE_ERROR = 3
        const val ERROR_STREAM_CONFIG = 4
        const val ERROR_CAMERA_DISABLED = 5
        const val ERROR_CAMERA_FATAL_ERROR = 6
        const val ERROR_DO_NOT_DISTURB_MODE_ENABLED = 7

        @JvmStatic fun create(
            type: Type,
            error: StateError?,
        ): CameraState =
            object : CameraState() {
                override val type = type
                override val error = error
            }
    }
}

abstract class UseCase internal constructor()

class ImageAnalysis internal constructor(
    var targetRotation: Int,
) : UseCase() {
    /** Not in the real class: what the camera calls. */
    var analyzer: Analyzer? = null
        private set

    fun setAnalyzer(
        executor: Executor,
        analyzer: Analyzer,
    ) {
        this.analyzer = analyzer
    }

    fun clearAnalyzer() {
        analyzer = null
    }

    fun interface Analyzer {
        fun analyze(image: ImageProxy)
    }

    class Builder {
        private var rotation = 0

        fun setBackpressureStrategy(strategy: Int): Builder = this

        fun setOutputImageFormat(outputImageFormat: Int): Builder = this

        fun setResolutionSelector(resolutionSelector: ResolutionSelector): Builder = this

        fun setTargetRotation(rotation: Int): Builder = apply { this.rotation = rotation }

        fun build() = ImageAnalysis(rotation)
    }

    companion object {
        const val STRATEGY_KEEP_ONLY_LATEST = 0
        const val OUTPUT_IMAGE_FORMAT_RGBA_8888 = 2
    }
}

interface ImageInfo {
    val rotationDegrees: Int
    val timestamp: Long
}

interface ImageProxy : AutoCloseable {
    val width: Int
    val height: Int
    val imageInfo: ImageInfo
    val planes: Array<PlaneProxy>

    interface PlaneProxy {
        val buffer: ByteBuffer
        val rowStride: Int
        val pixelStride: Int
    }
}

class Preview internal constructor() : UseCase() {
    fun setSurfaceProvider(surfaceProvider: SurfaceProvider?) {}

    fun interface SurfaceProvider {
        fun onSurfaceRequested(request: SurfaceRequest)
    }

    class Builder {
        fun setResolutionSelector(resolutionSelector: ResolutionSelector): Builder = this

        fun build() = Preview()
    }
}

class SurfaceRequest internal constructor()
