package org.sixdrepnext.headpose.pipeline

import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtStub
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.benchmark.BenchmarkPreset
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.models.ModelFormat
import org.sixdrepnext.headpose.logic.BenchmarkPlan
import org.sixdrepnext.headpose.logic.Golden
import org.sixdrepnext.headpose.logic.ModelFile
import org.sixdrepnext.headpose.logic.ModelOpening
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.logic.Network
import org.sixdrepnext.headpose.logic.OpenModel
import org.sixdrepnext.headpose.platform.Engines
import java.io.File
import java.nio.file.Path
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

/** The second engine, behind the same interface as the first. */
class OrtTest {
    @TempDir lateinit var folder: Path

    private val side = 2
    private val right = EulerAngles(-7.0, 3.0, 2.0).rotation
    private val seen = mutableListOf<FloatArray>()
    private val stored = ModelPlace.Stored("/models/a.onnx")
    private val engine get() = Engines(AppContext(folder.toFile(), folder.toFile()).assets).of(ModelFormat.ONNX)

    @BeforeEach fun nothingIsOpen() {
        OrtStub.created.clear()
        OrtStub.open = 0
        OrtStub.givesOtherNumbers = false
        behaves(side)
    }

    /** Every native object is closed again, whatever happened. */
    @AfterEach fun nothingStaysOpen() = assertEquals(0, OrtStub.open)

    private fun behaves(
        side: Int,
        inputs: Map<String, LongArray> = mapOf("image" to longArrayOf(-1, 3, side.toLong(), side.toLong())),
    ) {
        OrtStub.create = {
            OrtStub.Behaviour(inputs) { pixels ->
                seen += pixels
                listOf(SeeingNetworks.numbers(right))
            }
        }
    }

    private fun open(
        place: ModelPlace = stored,
        accelerator: Accelerator = Accelerator.CPU,
        threads: Int? = null,
    ): Network = runBlocking { engine.opener(place).open(accelerator, threads) }

    @Test fun `a picture goes in plane by plane, and the rotation comes out`() =
        open().use { network ->
            val pixels = FloatArray(12) { (10 * (it / 3) + it % 3).toFloat() } // pixel 1 is 10, 11, 12
            assertContentEquals(SeeingNetworks.numbers(right), network.run(pixels).single())
            assertContentEquals(floatArrayOf(0f, 10f, 20f, 30f, 1f, 11f, 21f, 31f, 2f, 12f, 22f, 32f), seen.single())
            network.predict()
            network.run(FloatArray(12))
            assertContentEquals(seen[0], seen[1], "what was last written is read again")
            assertContentEquals(FloatArray(12), seen[2])
            assertEquals("cpu", network.usedBackend)
        }

    @Test fun `files are opened by their path, assets by their content`() {
        File(folder.toFile(), "b.onnx").writeBytes(ByteArray(7))
        open(threads = 3).close()
        open(ModelPlace.Asset("b.onnx")).close()
        assertEquals(listOf("/models/a.onnx" to 3, "7 bytes" to null), OrtStub.created.map { it.what to it.threads })
        assertEquals("1", OrtStub.created[0].entries["session.force_spinning_stop"])
    }

    @Test fun `what it refuses is told in one sentence`() {
        OrtStub.create = { throw OrtException("no such operator") }
        val refused = assertFailsWith<HeadPoseException> { open() }
        assertEquals("ONNX Runtime refused the model: no such operator", refused.message)
        OrtStub.create = { throw UnsatisfiedLinkError("libonnxruntime4j_jni.so") }
        assertTrue("not built for this phone" in assertFailsWith<HeadPoseException> { open() }.message)
        OrtStub.create = { throw OutOfMemoryError() }
        assertTrue("needs more memory" in assertFailsWith<HeadPoseException> { open() }.message)
        assertTrue(
            "processor alone" in
                assertFailsWith<HeadPoseException> {
                    open(accelerator = Accelerator.GPU)
                }.message,
        )
    }

    @Test fun `a graph that takes no square picture is refused`() {
        val shapes = listOf(listOf(-1, 3, 224, 200), listOf(-1, 224, 224, 3), listOf(-1, 3, -1, -1), listOf(6))
        for (shape in shapes) {
            behaves(0, mapOf("image" to shape.map(Int::toLong).toLongArray()))
            assertTrue("one square picture" in assertFailsWith<HeadPoseException> { open() }.message)
        }
        behaves(0, mapOf("a" to longArrayOf(1, 3, 2, 2), "b" to longArrayOf(1, 3, 2, 2)))
        assertTrue("one square picture" in assertFailsWith<HeadPoseException> { open() }.message)
    }

    @Test fun `a graph that gives other numbers is refused when it runs`() =
        open().use { network ->
            OrtStub.givesOtherNumbers = true
            assertTrue("32-bit" in assertFailsWith<HeadPoseException> { network.run(FloatArray(12)) }.message)
        }

    private fun opened(
        wished: Accelerator,
        golden: Boolean = true,
    ): OpenModel {
        behaves(224)
        val known = if (golden) mapOf(someFacts.checkpoint.sha256 to right) else emptyMap()
        val limits = mapOf("tflite/${someFacts.precision}" to 0.1, "onnx/${someFacts.precision}" to 1.0)
        val opening = ModelOpening(Golden(224, known, limits), FloatArray(224 * 224 * 3))
        return runBlocking { opening.open(someFacts.copy(target = "onnx"), engine.opener(stored), wished, 2) }
    }

    @Test fun `the ladder goes on to the processor, and says why`() =
        opened(Accelerator.NPU).use { model ->
            assertEquals(Accelerator.CPU, model.chosen.accelerator)
            assertTrue("npu: ONNX Runtime runs on the processor alone" in model.chosen.sentence!!)
            assertEquals(1.0, model.chosen.selfCheck!!.limitDegrees, "the limit of its own format")
            assertEquals(listOf<Int?>(2), OrtStub.created.map { it.threads })
            assertEquals(0.0, model.read(FloatArray(224 * 224 * 3)).geodesicDegrees(right), 1e-3)
        }

    @Test fun `weights that Python did not read`() =
        opened(Accelerator.GPU, golden = false).use { assertEquals(Accelerator.CPU, it.chosen.accelerator) }

    @Test fun `a model that was closed reads nothing more and closes once`() {
        val model = opened(Accelerator.CPU)
        model.close()
        model.close()
        val error = assertFailsWith<HeadPoseException> { model.read(FloatArray(224 * 224 * 3)) }
        assertTrue("was closed meanwhile" in error.message, error.message)
    }

    @Test fun `it is measured on the processor alone`() {
        val models = listOf(ModelFile("a.tflite", true, null), ModelFile("a.onnx", true, null))
        val plan = BenchmarkPlan(models, listOf(Accelerator.GPU, Accelerator.CPU), listOf(1, 4), BenchmarkPreset.OURS)
        val places = plan.jobs.map { "${it.model.file} ${it.place}" }
        val onTflite = listOf("a.tflite gpu", "a.tflite cpu ×1", "a.tflite cpu ×4")
        assertEquals(onTflite + listOf("a.onnx cpu ×1", "a.onnx cpu ×4"), places)
        assertEquals(
            places.size,
            plan.jobs
                .map { it.id }
                .toSet()
                .size,
        )
    }
}
