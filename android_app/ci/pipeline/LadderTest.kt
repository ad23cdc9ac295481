package org.sixdrepnext.headpose.pipeline

import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.StubRuntime
import com.google.ai.edge.litert.TensorBufferType
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.logic.Backend
import org.sixdrepnext.headpose.logic.Golden
import org.sixdrepnext.headpose.logic.ModelOpening
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.logic.OpenModel
import org.sixdrepnext.headpose.platform.LiteRtNetwork
import java.nio.file.Path
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertTrue
import com.google.ai.edge.litert.Accelerator as LiteRtAccelerator

/** NPU → GPU → CPU with a runtime that fails in every way in which real ones do. */
class LadderTest {
    @TempDir lateinit var folder: Path

    private val right = EulerAngles(-7.0, 3.0, 2.0).rotation
    private val slightlyOff = right.turnedInPlane(0.4)
    private val wrong = right.turnedInPlane(20.0)
    private val openCl = listOf(TensorBufferType.OpenClBufferFp16, TensorBufferType.HostMemory)
    private var openBefore = 0

    private fun behaves(
        types: List<TensorBufferType>,
        reads: Matrix3,
    ) = StubRuntime.Behaviour(types) { listOf(SeeingNetworks.numbers(reads)) }

    private fun open(
        wished: Accelerator,
        threads: Int? = null,
        golden: Boolean = true,
        onGpu: () -> StubRuntime.Behaviour,
    ): OpenModel =
        runBlocking {
            StubRuntime.create = { _, accelerator ->
                if (accelerator ==
                    LiteRtAccelerator.CPU
                ) {
                    behaves(listOf(TensorBufferType.HostMemory), right)
                } else {
                    onGpu()
                }
            }
            val context = AppContext(folder.toFile())
            val opener =
                LiteRtNetwork
                    .Engine(context.assets)
                    .opener(ModelPlace.Asset("models/a.tflite"))
            val known = if (golden) mapOf(someFacts.checkpoint.sha256 to right) else emptyMap()
            ModelOpening(Golden(224, known, mapOf("tflite/${someFacts.precision}" to 1.0)), FloatArray(224 * 224 * 3))
                .open(someFacts, opener, wished, threads)
        }

    @BeforeEach fun everyAccelerator() {
        StubRuntime.available = setOf(LiteRtAccelerator.CPU, LiteRtAccelerator.GPU)
        StubRuntime.created.clear()
        openBefore = StubRuntime.open
    }

    /** Environment, model, input and output; everything that was tried and left is closed. */
    private fun assertOnlyOneIsOpen() = assertEquals(4, StubRuntime.open - openBefore)

    @Test fun `a GPU that reads right is used, and said so`() {
        val model = open(Accelerator.GPU) { behaves(openCl, slightlyOff) }
        assertEquals(Accelerator.GPU, model.chosen.accelerator)
        assertEquals("gpu", model.chosen.model.usedBackend)
        assertEquals(0.4, model.chosen.selfCheck!!.worstDegrees!!, 0.01)
        assertNull(model.chosen.sentence)
        assertOnlyOneIsOpen()
        model.close()
        assertEquals(1, StubRuntime.open - openBefore)
    }

    @Test fun `a phone without an NPU goes on to the GPU`() {
        val model = open(Accelerator.NPU) { behaves(openCl, right) }
        assertEquals(Accelerator.GPU, model.chosen.accelerator)
        assertTrue("LiteRT finds no NPU" in model.chosen.sentence!!, model.chosen.sentence)
        assertEquals(
            listOf(setOf(LiteRtAccelerator.GPU)),
            StubRuntime.created.map {
                it.second
            },
            "one accelerator at a time",
        )
    }

    @Test fun `a GPU that refuses the model`() =
        fallsBack("LiteRT refused the model on the GPU: no kernel") {
            throw LiteRtException("no kernel")
        }

    @Test fun `a GPU that reads another pose`() = fallsBack("20") { behaves(openCl, wrong) }

    @Test fun `a GPU that gives no rotation`() =
        fallsBack("gpu") {
            StubRuntime.Behaviour(openCl) { listOf(FloatArray(9) { Float.NaN }) }
        }

    @Test fun `a model that was asked onto the GPU and went to the processor`() =
        fallsBack("asked for gpu, ran on cpu") {
            behaves(listOf(TensorBufferType.HostMemory), right)
        }

    private fun fallsBack(
        reason: String,
        onGpu: () -> StubRuntime.Behaviour,
    ) {
        val model = open(Accelerator.GPU, threads = 3, onGpu = onGpu)
        assertEquals(Accelerator.CPU, model.chosen.accelerator)
        assertEquals("cpu", model.chosen.model.usedBackend)
        assertTrue(reason in model.chosen.sentence!!, model.chosen.sentence)
        assertEquals(listOf(null, 3), StubRuntime.created.map { it.third }, "threads are the processor's")
        assertOnlyOneIsOpen()
    }

    @Test fun `weights that Python did not read are compared with this phone's processor`() {
        val model = open(Accelerator.GPU, golden = false) { behaves(openCl, wrong) }
        assertEquals(Accelerator.CPU, model.chosen.accelerator)
        val good = open(Accelerator.GPU, golden = false) { behaves(openCl, slightlyOff) }
        assertEquals(Accelerator.GPU, good.chosen.accelerator)
    }

    @Test fun `a processor that reads wrongly too is an error with every reason`() {
        val context = AppContext(folder.toFile())
        StubRuntime.create = { _, _ -> behaves(openCl, wrong) }
        val opener = LiteRtNetwork.Engine(context.assets).opener(ModelPlace.Stored("/a.tflite"))
        val opening =
            ModelOpening(
                Golden(224, mapOf(someFacts.checkpoint.sha256 to right), mapOf("x" to 1.0)),
                FloatArray(224 * 224 * 3),
            )
        val error =
            assertFailsWith<HeadPoseException> {
                runBlocking { opening.open(someFacts, opener, Accelerator.NPU, null) }
            }
        assertTrue("npu" in error.message && "gpu" in error.message && "cpu" in error.message, error.message)
        assertEquals(1, StubRuntime.open - openBefore, "nothing but the environment stays open")
    }

    @Test fun `a file of an earlier export tells where its input lives too`() {
        val model =
            open(Accelerator.GPU) {
                StubRuntime.Behaviour(openCl, inputName = "args_0") { listOf(SeeingNetworks.numbers(right)) }
            }
        assertEquals("gpu", model.chosen.model.usedBackend)
    }

    @Test fun `where the input lives tells what runs`() {
        assertEquals("gpu", Backend.used(Accelerator.GPU, listOf("OpenClBuffer")))
        assertEquals("gpu", Backend.used(Accelerator.NPU, listOf("GlBuffer")))
        assertEquals("npu", Backend.used(Accelerator.NPU, listOf("Ahwb", "HostMemory")))
        assertEquals("cpu", Backend.used(Accelerator.NPU, listOf("HostMemory")))
        assertNull(Backend.used(Accelerator.GPU, listOf("Ahwb")))
        assertNull(Backend.used(Accelerator.GPU, emptyList()))
        assertEquals("cpu", Backend.used(Accelerator.CPU, emptyList()))
    }
}
