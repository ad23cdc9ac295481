package org.sixdrepnext.headpose.core

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.accelerator.AcceleratorLadder
import org.sixdrepnext.headpose.core.accelerator.ChosenModel
import org.sixdrepnext.headpose.core.accelerator.SelfCheck
import org.sixdrepnext.headpose.core.accelerator.SelfCheckCase
import org.sixdrepnext.headpose.core.accelerator.SelfCheckResult
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.testing.FakeOpenedModel

/** NPU, GPU, CPU: what really runs is chosen and named. */
class AcceleratorTest {
    private val opened = ArrayList<Pair<Accelerator, FakeOpenedModel>>()

    private fun ladder(
        backends: Map<Accelerator, String?>,
        failures: Map<Accelerator, Throwable> = emptyMap(),
        check: suspend (FakeOpenedModel) -> SelfCheckResult? = { null },
    ) = AcceleratorLadder(
        open = { rung ->
            failures[rung]?.let { throw it }
            FakeOpenedModel(backends[rung]).also { opened += rung to it }
        },
        check = check,
    )

    private val honest = Accelerator.entries.associateWith { it.id }

    private fun onlyTheChosenOneIsOpen(chosen: ChosenModel<FakeOpenedModel>) {
        for ((rung, model) in opened) assertEquals(model !== chosen.model, model.closed, "$rung")
    }

    @Test
    fun theBestRungIsTakenAndNothingElseIsOpened() =
        runBlocking {
            val chosen = ladder(honest).choose()
            assertEquals(Accelerator.NPU to null, chosen.accelerator to chosen.sentence)
            assertEquals(listOf(Accelerator.NPU), opened.map { it.first })
            assertEquals(Accelerator.CPU, ladder(honest).choose(from = Accelerator.CPU).accelerator)
        }

    @Test
    fun aGpuThatFailsIsLeftForTheProcessor() =
        runBlocking {
            val failures =
                mapOf(
                    Accelerator.NPU to UnsatisfiedLinkError("no libnpu.so"),
                    Accelerator.GPU to IllegalStateException("OpenCL is missing"),
                )
            val chosen = ladder(honest, failures).choose()
            assertEquals(Accelerator.CPU, chosen.accelerator)
            assertEquals("Runs on the cpu: npu: no libnpu.so; gpu: OpenCL is missing", chosen.sentence)
            onlyTheChosenOneIsOpen(chosen)
        }

    @Test
    fun whatSilentlyRunsOnTheProcessorIsNotCalledGpu() =
        runBlocking {
            val chosen = ladder(honest + (Accelerator.GPU to "cpu")).choose(from = Accelerator.GPU)
            assertEquals(Accelerator.CPU, chosen.accelerator)
            assertEquals("asked for gpu, ran on cpu", chosen.rejected.single().reason)
            onlyTheChosenOneIsOpen(chosen)
        }

    @Test
    fun aRungThatComputesWronglyIsLeft() =
        runBlocking {
            val ladder =
                ladder(honest) { model ->
                    if (model.usedBackend == "npu") error("it hangs")
                    SelfCheckResult(if (model.usedBackend == "gpu") 7.125 else 0.01, "frontal", 0.5)
                }
            val chosen = ladder.choose()
            assertEquals(Accelerator.CPU to true, chosen.accelerator to chosen.selfCheck?.passed)
            assertEquals("its self-check failed (it hangs)", chosen.rejected[0].reason)
            assertEquals(
                "its poses are up to 7.12° from the golden ones ('frontal'), more than the 0.50° allowed",
                chosen.rejected[1].reason,
            )
            onlyTheChosenOneIsOpen(chosen)
        }

    @Test
    fun noRungAtAllIsToldWithEveryReason() {
        val failures = Accelerator.entries.associateWith { IllegalStateException("") }
        val error =
            assertThrows(HeadPoseException::class.java) { runBlocking { ladder(honest, failures).choose() } }
        assertEquals(3, Regex("IllegalStateException").findAll(error.message).count(), error.message)
        assertTrue("choose another model" in error.message)
    }

    @Test
    fun cancellingIsNoReasonToTryTheNextRung() {
        val failures = mapOf(Accelerator.NPU to CancellationException("left the screen"))
        assertThrows(CancellationException::class.java) { runBlocking { ladder(honest, failures).choose() } }
        assertThrows(CancellationException::class.java) {
            runBlocking { ladder(honest) { throw CancellationException("left the screen") }.choose() }
        }
        assertEquals(listOf(true), opened.map { it.second.closed })
    }

    /** The sentences of benchmarks/android/benchmark_model.py. */
    @Test
    fun backendsThatWereNotAskedFor() {
        assertNull(Accelerator.GPU.reason("gpu"))
        assertNull(Accelerator.GPU.reason("gpu+cpu"))
        assertNull(Accelerator.NPU.reason(null))
        assertEquals("asked for npu, ran on gpu+cpu", Accelerator.NPU.reason("gpu+cpu"))
        assertEquals(Accelerator.entries, Accelerator.entries.map { Accelerator.of(it.id) })
        assertThrows(HeadPoseException::class.java) { Accelerator.of("tpu") }
    }

    private val frontal = SelfCheckCase("frontal", floatArrayOf(0f), Matrix3.IDENTITY)
    private val turned = SelfCheckCase("turned", floatArrayOf(40f), EulerAngles(0.0, 40.0, 0.0).rotation)

    @Test
    fun selfChecksTellTheLargestAngle() =
        runBlocking {
            val check = SelfCheck(listOf(frontal, turned), limitDegrees = 0.5)
            val near = check.run { EulerAngles(0.0, it[0] * 1.01, 0.0).rotation }
            assertEquals(0.4, near.worstDegrees ?: 0.0, 1e-6)
            assertTrue(near.passed && near.worstCase == "turned")
            assertTrue("within the 0.50° allowed" in near.sentence) { near.sentence }
            val far = check.run { EulerAngles(0.0, it[0] + 1.0, 0.0).rotation }
            assertTrue(!far.passed && "more than" in far.sentence) { far.sentence }
        }

    @Test
    fun numbersThatAreNoRotationFailTheSelfCheck() =
        runBlocking {
            val result =
                SelfCheck(listOf(frontal, turned), 0.5).run { Matrix3.of(FloatArray(9) { Float.NaN }) }
            assertTrue(!result.passed)
            assertEquals("it gives no rotation for 'frontal'", result.sentence)
            assertThrows(IllegalArgumentException::class.java) { SelfCheck(emptyList(), 1.0) }
            Unit
        }
}
