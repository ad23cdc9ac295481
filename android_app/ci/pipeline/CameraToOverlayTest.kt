package org.sixdrepnext.headpose.pipeline

import android.view.OrientationEventListener
import androidx.camera.core.CameraSelector
import androidx.camera.core.ImageAnalysis
import androidx.camera.lifecycle.ProcessCameraProvider
import androidx.camera.lifecycle.awaitInstance
import com.google.ai.edge.litert.StubRuntime
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.core.geometry.ImagePoint
import org.sixdrepnext.headpose.core.geometry.LineColor
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import org.sixdrepnext.headpose.core.pipeline.PipelineSettings
import org.sixdrepnext.headpose.core.smoothing.Smoothing
import org.sixdrepnext.headpose.logic.BlazeFaceDetector
import org.sixdrepnext.headpose.logic.CameraSide
import org.sixdrepnext.headpose.logic.CameraState
import org.sixdrepnext.headpose.logic.Interruption
import org.sixdrepnext.headpose.logic.LiveScreen
import org.sixdrepnext.headpose.logic.LiveSession
import org.sixdrepnext.headpose.logic.ModelOpening
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.logic.NetworkEstimator
import org.sixdrepnext.headpose.logic.Overlay
import org.sixdrepnext.headpose.logic.RgbaPicture
import org.sixdrepnext.headpose.platform.CameraXSource
import org.sixdrepnext.headpose.platform.LiteRtNetwork
import org.sixdrepnext.headpose.platform.ModelFiles
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import kotlin.math.hypot
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import androidx.camera.core.CameraState as CameraXState

/** How the phone is held (0..3: what Android calls ROTATION_0..270), how its screen is turned, and which camera looks. */
data class Case(
    val held: Int,
    val screen: Int,
    val side: CameraSide,
    val atEdge: Boolean,
) {
    override fun toString() = "${side.id}, held $held, screen $screen" + if (atEdge) ", over the edge" else ""
}

/** CameraX, LiteRT and the app's own code together, from a lent picture to what is drawn. */
class CameraToOverlayTest {
    @TempDir lateinit var folder: Path

    private val thread = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
    private val session = LiveSession<RgbaPicture>()
    private var turn = QuarterTurn.NONE
    private var screen = 0
    private lateinit var camera: PhoneCamera

    @BeforeEach fun installStandIns() {
        SeeingNetworks.install()
        StubRuntime.available = setOf(com.google.ai.edge.litert.Accelerator.CPU)
        ProcessCameraProvider.lenses = setOf(CameraSelector.LENS_FACING_FRONT, CameraSelector.LENS_FACING_BACK)
        session.use(PipelineSettings(smoothing = Smoothing.Off))
    }

    @AfterEach fun end() = thread.close()

    private fun start(
        side: CameraSide,
        work: suspend (Job) -> Unit,
    ) = runBlocking(Dispatchers.Default) {
        val context = AppContext(folder.toFile())
        val files = ModelFiles(context)
        val engine = LiteRtNetwork.Engine(context.assets)
        val facts = someFacts
        val opener = engine.opener(ModelPlace.Stored("pose.tflite"))
        val model = ModelOpening(files.golden(), files.crop0()).open(facts, opener, Accelerator.CPU, 2)
        val faces =
            engine
                .open(ModelPlace.Stored("face_detection.tflite"), LiteRtNetwork.DETECTOR_INPUTS, Accelerator.CPU, 1)
        camera = PhoneCamera(side)
        ProcessCameraProvider.opens = { camera }
        val source =
            CameraXSource(
                context, Owner, side, {
                }, { screen }, { turn = it }, { session.setInterrupted(it) }, Dispatchers.Default,
            )
        val running = launch { session.run(source, BlazeFaceDetector(faces, thread), NetworkEstimator(model, thread)) }
        until { analysis() != null && OrientationEventListener.held(-1) }
        try {
            work(running)
        } finally {
            running.cancel()
            running.join()
        }
    }

    /** The crop is a PNG, which the JVM's stand-in of BitmapFactory does not read; no stand-in network needs it. */
    private fun ModelFiles.crop0() = FloatArray(224 * 224 * 3).also { golden() }

    private fun analysis(): ImageAnalysis? =
        runBlocking {
            ProcessCameraProvider
                .awaitInstance(AppContext(folder.toFile()))
                .bound
                .filterIsInstance<ImageAnalysis>()
                .singleOrNull()
        }?.takeIf { it.analyzer != null }

    private suspend fun until(condition: () -> Boolean) = withTimeout(10_000) { while (!condition()) delay(2) }

    private fun show(image: LentImage) = assertNotNull(assertNotNull(analysis()).analyzer).analyze(image)

    private suspend fun screenWith(condition: (LiveScreen) -> Boolean): LiveScreen {
        until { condition(session.screen.value) }
        return session.screen.value
    }

    @ParameterizedTest
    @MethodSource("cases")
    fun `a head is drawn where it is seen, and turned as it is seen`(case: Case) {
        screen = case.screen
        start(case.side) {
            OrientationEventListener.held((4 - case.held) % 4 * 90)
            val image = Painter(case).image(camera.getSensorRotationDegrees(assertNotNull(analysis()).targetRotation))
            show(image)
            val shown = screenWith { it.heads.isNotEmpty() || it.frameError != null }
            assertEquals(null, shown.frameError)
            assertEquals(1, image.closed)
            val head = shown.heads.single()
            val landscape = case.screen % 2 == 1
            val (width, height) = if (landscape) 320.0 to 240.0 else 240.0 to 320.0
            val overlay = Overlay(assertNotNull(shown.frame).geometry, turn, width, height)
            val drawn = overlay.map.apply(head.displayBox).center
            val wanted = Painter.onScreen(Painter.seen(Painter(case).middle, case.side), case.screen)
            assertTrue(hypot(drawn.x - wanted.x * width, drawn.y - wanted.y * height) < 4, "$drawn, not $wanted")
            // A head that is upright for the person who holds the phone: its green axis points to the ground.
            val ground = Painter.ground(case.held, case.screen)
            val lines = head.lines(DrawingStyle.AXES)

            fun direction(color: LineColor): ImagePoint {
                val line = lines.first { it.color == color }
                val (from, to) = overlay.map.apply(line.start) to overlay.map.apply(line.end)
                return ImagePoint(to.x - from.x, to.y - from.y)
            }
            val green = direction(LineColor.GREEN)
            val length = hypot(green.x, green.y)
            val off = hypot(green.x / length - ground.x, green.y / length - ground.y)
            assertTrue(off < 0.05, "$green, not $ground")
            // The ear is painted at the right of the picture that the camera sees: yaw > 0, the nose to that picture's left;
            // a mirror shows it at the right.
            val blue = direction(LineColor.BLUE)
            val right = ImagePoint(ground.y, -ground.x) // of a person who stands on that ground
            val along = blue.x * right.x + blue.y * right.y
            assertTrue(if (case.side == CameraSide.FRONT) along > 1 else along < -1, "the nose points to $blue")
        }
    }

    @Test fun `frames that come while one is read are dropped and counted, and the newest is read`() {
        val (arrived, open) = CountDownLatch(1) to CountDownLatch(1)
        StubRuntime.create = { file, _ ->
            if ("face_detection" in file) {
                StubRuntime.Behaviour(outputs = 2, inputName = "input") { input ->
                    arrived.countDown()
                    open.await()
                    SeeingNetworks.detector(input)
                }
            } else {
                StubRuntime.Behaviour(run = SeeingNetworks::pose)
            }
        }
        start(CameraSide.FRONT) {
            val images = List(20) { LentImage(64, 48, 270, it * 33_000_000L) }
            show(images[0])
            arrived.await()
            images.drop(1).forEach(::show)
            assertTrue(images.all { it.closed == 1 }, "a lent picture is given back at once")
            until { session.screen.value.frame == null }
            delay(50) // the frames reach the pipeline
            open.countDown()
            val shown = screenWith { (it.frame?.timeSeconds ?: 0.0) > 0.6 }
            assertEquals(18, shown.frame?.droppedFrames)
            assertEquals(CameraState.Running, shown.camera)
        }
    }

    @Test fun `cancelling frees the camera`() {
        start(CameraSide.BACK) { running ->
            running.cancel()
            running.join()
            until { analysis() == null }
            assertEquals(CameraState.Off, session.screen.value.camera)
            assertTrue(!OrientationEventListener.held(90), "nobody listens to how the phone is held")
        }
    }

    @Test fun `a camera that another app takes is told, and so is its return`() {
        start(CameraSide.FRONT) {
            val error = CameraXState.StateError.create(CameraXState.ERROR_CAMERA_IN_USE)
            camera.cameraState.setValue(CameraXState.create(CameraXState.Type.PENDING_OPEN, error))
            assertEquals(CameraState.Interrupted(Interruption.IN_USE), session.screen.value.camera)
            camera.cameraState.setValue(CameraXState.create(CameraXState.Type.OPEN, null))
            assertEquals(CameraState.Starting, session.screen.value.camera)
        }
    }

    @Test fun `ten frames without a face are told, and a lack of memory is a sentence`() {
        start(CameraSide.FRONT) {
            repeat(LiveScreen.FRAMES_UNTIL_NO_FACE) { index ->
                show(LentImage(64, 48, 270, index * 33_000_000L))
                until { session.screen.value.framesWithoutFace == index + 1 }
                assertEquals(index + 1 >= LiveScreen.FRAMES_UNTIL_NO_FACE, session.screen.value.showsNoFace)
            }
        }
        StubRuntime.create =
            { _, _ -> StubRuntime.Behaviour(outputs = 2, inputName = "input") { throw OutOfMemoryError() } }
        start(CameraSide.FRONT) {
            show(LentImage(64, 48, 270))
            assertTrue(
                "more memory than this phone has" in
                    assertNotNull(
                        screenWith { it.frameError != null }
                            .frameError,
                    ),
            )
        }
    }

    @Test fun `a phone without that camera is told in one sentence`() =
        runBlocking {
            ProcessCameraProvider.lenses = setOf(CameraSelector.LENS_FACING_BACK)
            val source =
                CameraXSource(AppContext(folder.toFile()), Owner, CameraSide.FRONT, {
                }, { 0 }, { }, { }, Dispatchers.Default)
            val context = AppContext(folder.toFile())
            val engine = LiteRtNetwork.Engine(context.assets)
            val network = engine.open(ModelPlace.Stored("face_detection"), listOf("input"), Accelerator.CPU, null)
            val model =
                ModelOpening(ModelFiles(context).golden(), FloatArray(0))
                    .open(someFacts, engine.opener(ModelPlace.Stored("pose")), Accelerator.CPU, null)
            session.run(source, BlazeFaceDetector(network, thread), NetworkEstimator(model, thread))
            assertEquals(
                "this phone has no front camera",
                assertIs<CameraState.Failed>(session.screen.value.camera)
                    .message,
            )
        }

    companion object {
        @JvmStatic fun cases(): List<Case> =
            (0..3).flatMap { held ->
                (0..3).flatMap { screen ->
                    CameraSide.entries.flatMap { side -> listOf(false, true).map { Case(held, screen, side, it) } }
                }
            }
    }
}
