package org.sixdrepnext.headpose.pipeline

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.benchmark.BenchmarkPreset
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRunner
import org.sixdrepnext.headpose.core.benchmark.BenchmarkSubject
import org.sixdrepnext.headpose.core.benchmark.CoolDown
import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.PixelSize
import org.sixdrepnext.headpose.core.models.ModelManifest
import org.sixdrepnext.headpose.core.pipeline.DetectedFace
import org.sixdrepnext.headpose.core.pipeline.ThermalState
import org.sixdrepnext.headpose.core.testing.FakeFaceDetector
import org.sixdrepnext.headpose.core.testing.FakeHead
import org.sixdrepnext.headpose.core.testing.FakeImage
import org.sixdrepnext.headpose.core.testing.FakeOpenedModel
import org.sixdrepnext.headpose.core.testing.FakePoseEstimator
import org.sixdrepnext.headpose.logic.BenchmarkJob
import org.sixdrepnext.headpose.logic.BenchmarkPlan
import org.sixdrepnext.headpose.logic.BenchmarkSession
import org.sixdrepnext.headpose.logic.CameraAccess
import org.sixdrepnext.headpose.logic.CameraHold
import org.sixdrepnext.headpose.logic.CameraSide
import org.sixdrepnext.headpose.logic.ExifTurn
import org.sixdrepnext.headpose.logic.Golden
import org.sixdrepnext.headpose.logic.ModelFile
import org.sixdrepnext.headpose.logic.ModelShelf
import org.sixdrepnext.headpose.logic.PictureBuffers
import org.sixdrepnext.headpose.logic.Preferences
import org.sixdrepnext.headpose.logic.StillReader
import org.sixdrepnext.headpose.platform.ModelFiles
import org.sixdrepnext.headpose.platform.Phone
import org.sixdrepnext.headpose.platform.ResultStore
import org.sixdrepnext.headpose.platform.Stills
import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Path
import java.util.concurrent.Executors
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNotSame
import kotlin.test.assertNull
import kotlin.test.assertSame
import kotlin.test.assertTrue

/** What the app decides without a phone. */
class LogicTest {
    @TempDir lateinit var folder: Path

    @ParameterizedTest
    @CsvSource(
        "0,0,0", "44,0,0", "59,0,0", "61,0,3", "90,0,3", "180,0,2", "270,0,1", "300,0,0", "299,0,1", "-1,2,2",
        "90,3,3", "31,3,3", "29,3,0", "350,0,0", "359,1,0",
    )
    fun `how the phone is held, with some patience`(
        degrees: Int,
        before: Int,
        after: Int,
    ) = assertEquals(after, CameraHold.surfaceRotation(degrees, before))

    @ParameterizedTest
    @CsvSource(
        "true,true,true,GRANTED", "true,false,false,GRANTED", "false,false,false,NOT_ASKED", "false,true,true,REFUSED",
        "false,false,true,REFUSED", "false,true,false,REFUSED_FOR_GOOD",
    )
    fun `what three answers about the camera mean`(
        granted: Boolean,
        asked: Boolean,
        mayExplain: Boolean,
        meaning: CameraAccess,
    ) = assertEquals(meaning, CameraAccess.of(granted, asked, mayExplain))

    /** By the definition of EXIF 2.3: where the stored picture's first row and first column are seen. */
    @ParameterizedTest
    @CsvSource(
        "1,top,left", "2,top,right", "3,bottom,right", "4,bottom,left",
        "5,left,top", "6,right,top", "7,right,bottom", "8,left,bottom",
    )
    fun `a stored photograph is turned upright`(
        orientation: Int,
        firstRow: String,
        firstColumn: String,
    ) {
        val turn = ExifTurn.of(orientation)

        fun seen(
            x: Int,
            y: Int,
        ): Pair<Int, Int> {
            var at = (if (turn.isMirrored) -x else x) to y
            repeat(turn.clockwiseDegrees / 90) { at = -at.second to at.first }
            return at
        }
        val names = mapOf((0 to -1) to "top", (0 to 1) to "bottom", (-1 to 0) to "left", (1 to 0) to "right")
        assertEquals(firstRow, names[seen(0, -1)])
        assertEquals(firstColumn, names[seen(-1, 0)])
    }

    @Test fun `a large photograph is sampled down, a small one is not`() {
        assertEquals(listOf(1, 1, 2, 4), listOf(512, 4000, 4096, 12000).map(Stills::sampling))
    }

    @Test fun `preferences are kept as they are, and nonsense is not read`() {
        val chosen =
            Preferences("opened/a.tflite", Accelerator.GPU, 4, DrawingStyle.CUBE, false, CameraSide.BACK, false, true)
        assertEquals(chosen, Preferences.of { chosen.texts[it] })
        assertEquals(Preferences(), Preferences.of { null })
        assertEquals(Preferences(model = "?"), Preferences.of { "?" })
    }

    @Test fun `a buffer is used again, and its content is the lent one`() {
        val buffers = PictureBuffers()
        val lent = ByteBuffer.allocateDirect(8).apply { put(3, 7).position(5) }
        val first = buffers.copyOf(lent)
        assertEquals(7, first.get(3))
        assertEquals(5, lent.position(), "the lent buffer is left as it was")
        val second = buffers.copyOf(lent)
        assertNotSame(first, second)
        buffers.giveBack(first)
        assertSame(first, buffers.copyOf(lent))
        assertEquals(12, buffers.copyOf(ByteBuffer.allocate(12)).remaining())
    }

    @Test fun `the shelf lists what is there`() {
        val manifest =
            File(repository, "tests/golden/manifest.json")
                .readText()
                .replace("mlpackage", "tflite")
                .replace("\"coreml\"", "\"tflite\"")
        val listed =
            ModelManifest
                .read(manifest)
                .artifacts
                .map { it.file }
        assertTrue(listed.any { it.endsWith(".onnx") } && listed.size >= 3)
        val shelf =
            ModelShelf.of(
                listed.drop(1) + "other.tflite" + "manifest.json", manifest,
                listOf("mine.tflite", "mine.onnx", "x.part"),
            )
        val own = listOf("other.tflite", "mine.onnx", "mine.tflite")
        assertEquals(listed.drop(1) + own, shelf.files.map { it.file })
        assertEquals(listed.take(1), shelf.absent)
        assertEquals(ModelFile("mine.tflite", false, null), shelf.pick("opened/mine.tflite"))
        assertEquals(
            "fp16",
            shelf
                .pick(null)
                ?.entry
                ?.facts
                ?.precision,
        )
        val damaged = ModelShelf.of(listOf("a.tflite"), "{", emptyList())
        assertEquals(listOf("a.tflite"), damaged.files.map { it.file })
        assertNotNull(damaged.problem)
        assertNull(ModelShelf.EMPTY.pick(null))
    }

    @Test fun `the app's own assets are read`() {
        val files = ModelFiles(AppContext(folder.toFile()))
        val golden = files.golden()
        assertEquals(224, golden.size)
        assertEquals(1.0, golden.limit(someFacts.copy(precision = "fp32")))
        assertEquals(3.5, golden.limit(someFacts.copy(precision = "int8")))
        assertEquals(6.5, golden.limit(someFacts.copy(target = "onnx", precision = "int8")))
        assertEquals(6.5, golden.limit(someFacts.copy(precision = "a coarser one")))
        val empty = ModelFiles(AppContext(folder.toFile(), folder.toFile()))
        assertEquals(ModelShelf.EMPTY, empty.shelf())
        assertTrue("without its face detector" in assertFailsWith<HeadPoseException> { empty.detector() }.message)
        assertFailsWith<HeadPoseException> { Golden.read("{\"poses\": 3}") }
    }

    @Test fun `a photograph's heads, the largest first`() =
        runBlocking {
            val turned = Matrix3.IDENTITY.turnedInPlane(10.0)
            val small = FakeHead(DetectedFace(PixelBox(10.0, 10.0, 30.0, 30.0)), Matrix3.IDENTITY)
            val large = FakeHead(DetectedFace(PixelBox(100.0, 100.0, 200.0, 200.0)), turned)
            val geometry = FrameGeometry(PixelSize(400, 300))
            val heads =
                StillReader
                    .heads(FakeImage(listOf(small, large)), geometry, FakeFaceDetector(), FakePoseEstimator())
            assertEquals(listOf(large.face.box, small.face.box), heads.map { it.face })
            assertEquals(0.0, heads[0].rotation.geodesicDegrees(turned), 1e-6)
        }

    @Test fun `this process's memory is read`() {
        val memory = assertNotNull(Phone.memory())
        assertTrue(memory.peakMb >= assertNotNull(memory.baseMb) && memory.peakMb > 10)
        assertNull(Phone.memory(File(folder.toFile(), "none")))
    }

    private val model = ModelFile("a.tflite", true, null)
    private val plan =
        BenchmarkPlan(listOf(model), listOf(Accelerator.GPU, Accelerator.CPU), listOf(1, 4), BenchmarkPreset.OURS)

    @Test fun `threads are the processor's alone`() {
        assertEquals(listOf("gpu", "cpu ×1", "cpu ×4"), plan.jobs.map { it.place })
        assertEquals(
            plan.jobs.size,
            plan.jobs
                .map { it.id }
                .toSet()
                .size,
        )
        assertEquals(listOf(1, 2, 4), BenchmarkPlan.threadChoices(6))
        assertEquals(listOf(1), BenchmarkPlan.threadChoices(0))
    }

    private fun subject(
        job: BenchmarkJob,
        work: () -> Unit,
    ) = BenchmarkSubject(
        model = someFacts.recordModel("0".repeat(64), 1),
        device = BenchmarkRecord.Device("android", "A phone", null, "Android 16", 8, null, null, null, null),
        accelerator = job.accelerator, threads = job.threads, tool = "HeadPose 0", engine = "LiteRT 0",
        open = { FakeOpenedModel(job.accelerator.id, work) },
    )

    @Test fun `what fails is told and the others are measured and kept`() =
        runBlocking {
            val thread = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
            val store = ResultStore(AppContext(folder.toFile()))
            assertFalse(store.hasResults)
            val runner = BenchmarkRunner(thermal = { ThermalState.NONE }, coolDown = CoolDown.NONE)
            val session =
                BenchmarkSession(runner, thread, { store.keep(it) }) { job ->
                    if (job.accelerator == Accelerator.GPU) throw HeadPoseException("no GPU")
                    subject(job) { Thread.sleep(1) }
                }
            val rules =
                plan.preset.protocols
                    .single()
                    .copy(iterations = 20, warmup = 2, minSeconds = 0.0)
            session.run(plan.jobs.map { it.copy(rules = rules) })
            val state = session.state.value
            assertEquals(listOf("no GPU"), state.errors.values.toList())
            assertEquals(listOf("cpu ×1", "cpu ×4"), state.rows.map { it.place })
            assertTrue(state.rows.all { it.p50 >= 1 && it.used == "cpu" })
            val kept = File(folder.toFile(), "results/benchmark.json").readText()
            assertEquals(BenchmarkRecord.canonicalJson(state.results), kept)
            assertTrue(ResultStore(AppContext(folder.toFile())).hasResults, "another process finds them")
            assertContentEquals(listOf(1, 4), state.results.map { it.run.threads })
            thread.close()
        }

    @Test fun `stopping keeps what was measured`() =
        runBlocking {
            val runner = BenchmarkRunner(thermal = { null }, coolDown = CoolDown.NONE)
            val session = BenchmarkSession(runner, Dispatchers.Default) { job -> subject(job) { Thread.sleep(1) } }
            val rules =
                plan.preset.protocols
                    .single()
                    .copy(iterations = 5, warmup = 0, loads = 1, minSeconds = 0.0)
            val endless = rules.copy(iterations = 100_000)
            val jobs = plan.jobs.mapIndexed { index, job -> job.copy(rules = if (index == 0) rules else endless) }
            val running = async(Dispatchers.Default) { session.run(jobs) }
            while (session.state.value.running != 1 ||
                session.state.value.samplesMs
                    .isEmpty()
            ) {
                delay(2)
            }
            running.cancel()
            assertFailsWith<CancellationException> { running.await() }
            val state = session.state.value
            assertTrue(state.wasCancelled && state.running == null)
            assertEquals(listOf("gpu"), state.rows.map { it.place })
        }
}
