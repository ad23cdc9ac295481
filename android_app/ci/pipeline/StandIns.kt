package org.sixdrepnext.headpose.pipeline

import android.content.ContentResolver
import android.content.Context
import android.content.res.AssetManager
import androidx.camera.core.Camera
import androidx.camera.core.CameraInfo
import androidx.camera.core.CameraState
import androidx.camera.core.ImageInfo
import androidx.camera.core.ImageProxy
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.LifecycleOwner
import androidx.lifecycle.MutableLiveData
import com.google.ai.edge.litert.StubRuntime
import com.google.ai.edge.litert.TensorBufferType
import org.sixdrepnext.headpose.core.detection.BlazeFace
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.ImagePoint
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.models.ModelFacts
import org.sixdrepnext.headpose.core.models.ModelManifest
import org.sixdrepnext.headpose.logic.CameraSide
import java.io.File
import java.nio.ByteBuffer
import kotlin.math.atan2

/** The repository, from wherever the tests are started. */
val repository: File =
    generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "tests/golden").isDirectory }

/** Facts of one of our models, of the golden manifest. */
val someFacts: ModelFacts =
    ModelManifest
        .read(File(repository, "tests/golden/manifest.json").readText())
        .artifacts
        .first { it.facts.target == "tflite" && it.facts.inputSize == 224 }
        .facts

/** The app's own assets, and a folder for its files. */
class AppContext(
    private val folder: File,
    assetFolder: File = File(repository, "android_app/app/src/main/assets"),
    override val contentResolver: ContentResolver = object : ContentResolver(null) {},
) : Context() {
    override val assets = AssetManager(assetFolder)
    override val filesDir: File get() = folder
    override val packageName = "org.sixdrepnext.headpose"
}

object Owner : LifecycleOwner {
    override val lifecycle: Lifecycle get() = throw NotImplementedError()
}

/**
 * A camera across the phone, as nearly all are: the back one's picture is upright in the hand after a quarter turn
 * clockwise, the front one's after three.
 *
 * The relative rotation is what CameraX computes (`CameraOrientationUtil.getRelativeImageRotation` in androidx/androidx,
 * camera/camera-core): the sensor's turn minus the screen's for a camera that looks away, plus it for one that looks back.
 */
class PhoneCamera(
    val side: CameraSide,
) : Camera,
    CameraInfo {
    override val cameraInfo: CameraInfo get() = this
    override val cameraState = MutableLiveData<CameraState>()

    override fun getSensorRotationDegrees(relativeRotation: Int): Int {
        val screen = relativeRotation * 90
        return if (side == CameraSide.BACK) (90 - screen + 360) % 360 else (270 + screen) % 360
    }
}

/** A picture as CameraX lends it, with a few bytes after each row. */
class LentImage(
    override val width: Int,
    override val height: Int,
    turn: Int,
    private val nanoseconds: Long = 0,
) : ImageProxy {
    private val stride = width * 4 + 64
    val pixels: ByteBuffer = ByteBuffer.allocateDirect(stride * height)
    var closed = 0
        private set

    override val imageInfo =
        object : ImageInfo {
            override val rotationDegrees = turn
            override val timestamp get() = nanoseconds
        }
    override val planes: Array<ImageProxy.PlaneProxy> =
        arrayOf(
            object : ImageProxy.PlaneProxy {
                override val buffer get() = pixels
                override val rowStride = stride
                override val pixelStride = 4
            },
        )

    fun paint(
        x: Int,
        y: Int,
        rgb: Int,
    ) {
        val at = y * stride + x * 4
        for (channel in 0..2) pixels.put(at + channel, (rgb shr (16 - 8 * channel)).toByte())
    }

    override fun close() {
        closed++
    }
}

/** What stands for the two networks: they see a painted head, and say of it what can be seen. */
object SeeingNetworks {
    const val FOREHEAD = 0xFF0000
    const val LEFT_EAR = 0x00FF00
    const val SKIN = 0x0000FF
    const val YAW = 25.0

    /** BlazeFace: one box, around everything that is not black, on the anchor in the middle of the picture. */
    fun detector(input: FloatArray): List<FloatArray> {
        val side = BlazeFace.INPUT_SIZE
        val seen = places(input, side) { r, g, b -> maxOf(r, g, b) > 0f }
        val logits = FloatArray(896) { -50f }
        val regressors = FloatArray(896 * 16)
        if (seen.isEmpty()) return listOf(regressors, logits)
        val anchor = BlazeFace.anchorCenters[0]
        val (left, right) = seen.minOf { it.x } - 0.5 to seen.maxOf { it.x } + 0.5
        val (top, bottom) = seen.minOf { it.y } - 0.5 to seen.maxOf { it.y } + 0.5
        val box =
            listOf(
                (left + right) / 2 - anchor.x * side, (top + bottom) / 2 - anchor.y * side, right - left,
                bottom - top,
            )
        box.forEachIndexed { index, value -> regressors[index] = value.toFloat() }
        logits[0] = 6f
        return listOf(regressors, logits)
    }

    /** The pose model: turned in the plane as the forehead says, to the side that the ear says. */
    fun pose(input: FloatArray): List<FloatArray> {
        val side = 224

        fun middle(all: List<ImagePoint>) = ImagePoint(all.sumOf { it.x } / all.size, all.sumOf { it.y } / all.size)
        val head = middle(places(input, side) { r, g, b -> maxOf(r, g, b) > 128f })
        val forehead = middle(places(input, side) { r, g, b -> r > maxOf(g, b, 128f) })
        val ear = middle(places(input, side) { r, g, b -> g > maxOf(r, b, 128f) })
        val up = ImagePoint(forehead.x - head.x, forehead.y - head.y)
        val across = (ear.x - head.x) * -up.y + (ear.y - head.y) * up.x // > 0: the ear is at the right of "up"
        val yaw = if (across > 0) YAW else -YAW
        val turned = EulerAngles(0.0, yaw, 0.0).rotation.turnedInPlane(Math.toDegrees(atan2(up.x, -up.y)))
        return listOf(numbers(turned))
    }

    /** A rotation as an output. */
    fun numbers(rotation: Matrix3): FloatArray = FloatArray(9) { rotation.rowMajor[it].toFloat() }

    /** Both on the processor, by the file's name. */
    fun install() {
        StubRuntime.create = { file, _ ->
            if ("face_detection" in file) {
                StubRuntime.Behaviour(outputs = 2, inputName = "input", run = ::detector)
            } else {
                StubRuntime.Behaviour(listOf(TensorBufferType.HostMemory), run = ::pose)
            }
        }
    }

    private fun places(
        input: FloatArray,
        side: Int,
        wanted: (Float, Float, Float) -> Boolean,
    ): List<ImagePoint> {
        val base = if (side == BlazeFace.INPUT_SIZE) 0.9f else 0f // the detector's black is −1
        return (0 until side * side)
            .filter {
                wanted(
                    input[it * 3] + base, input[it * 3 + 1] + base,
                    input[it * 3 + 2] + base,
                )
            }.map { ImagePoint(it % side + 0.5, it / side + 0.5) }
    }
}
