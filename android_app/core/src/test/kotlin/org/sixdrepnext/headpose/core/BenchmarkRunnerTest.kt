package org.sixdrepnext.headpose.core

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.benchmark.BenchmarkProgress
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRunner
import org.sixdrepnext.headpose.core.benchmark.BenchmarkSubject
import org.sixdrepnext.headpose.core.benchmark.CoolDown
import org.sixdrepnext.headpose.core.benchmark.Figure
import org.sixdrepnext.headpose.core.benchmark.MeasuringProtocol
import org.sixdrepnext.headpose.core.pipeline.ThermalState
import org.sixdrepnext.headpose.core.testing.FakeClock
import org.sixdrepnext.headpose.core.testing.FakeOpenedModel
import org.sixdrepnext.headpose.core.testing.FakeThermalSource
import java.io.File

/** Measuring, with a clock of our own. */
@Timeout(60)
class BenchmarkRunnerTest {
    private val clock = FakeClock()
    private val opened = ArrayList<FakeOpenedModel>()
    private var ran = 0

    private fun subject(
        opening: Double = 0.02,
        emulated: Boolean = false,
        wallAlone: Double = 0.0,
        backend: String? = "gpu",
        inference: (Int) -> Double = { 0.0025 },
    ) = BenchmarkSubject(
        model = BenchmarkRecord.read(Golden.text("record_full.json")).model,
        device =
            BenchmarkRecord.Device(
                model = "Pixel 8a",
                soc = "Tensor G3",
                os = "Android 16",
                cores = 9,
                memoryGb = 8.1,
                thermalStart = "stale",
                lowPower = false,
            ),
        accelerator = Accelerator.GPU,
        threads = null,
        tool = "HeadPose 1",
        engine = "LiteRT 2.3.0",
        conditions = mapOf("battery" to "80 %"),
        emulated = emulated,
        memory = { BenchmarkRecord.Memory(180.5, 40.0) },
    ) {
        assertTrue(opened.all { it.closed }) { "the one before is closed first" }
        clock.advance(if (opened.isEmpty()) opening * 10 else opening, wallAlone)
        FakeOpenedModel(backend) { clock.advance(inference(ran++)) }.also { opened += it }
    }

    /** Leaves a file for the Python tools' own reader, where ci/kotlin.sh asks for it. */
    private fun write(
        name: String,
        text: String,
    ) {
        System.getProperty("headpose.written")?.let { File(it, name).writeText(text) }
    }

    private fun runner(
        vararg states: ThermalState? = arrayOf(ThermalState.NONE),
        rest: CoolDown = CoolDown.NONE,
    ) = BenchmarkRunner(clock, FakeThermalSource(states.toList()), rest)

    @Test
    fun oursKeepsAThousandAndGoesOnForTwoSeconds() =
        runBlocking {
            val slow = runner().measure(subject(), MeasuringProtocol.HEADPOSE)
            assertEquals(listOf(1000, 1050, 3), listOf(slow.samplesMs.size, ran, opened.size))
            assertEquals(Triple(1000, 50, "headpose"), Triple(slow.run.iterations, slow.run.warmup, slow.run.protocol))
            assertEquals(emptyList<String>(), slow.invalidReasons)
            assertEquals(2.5, slow.latencyMs.p50, 1e-9)
            assertEquals(BenchmarkRecord.LoadTimes(200.0, 20.0), slow.loadMs)
            assertTrue(slow.valid && opened.all { it.closed })
            val fast = runner().measure(subject { 0.001 }, MeasuringProtocol.HEADPOSE)
            assertEquals(2000, fast.samplesMs.size)
        }

    @Test
    fun modelBenchOpensAnewForEachRoundAndDropsOneInference() =
        runBlocking {
            val record = runner().measure(subject { if (it == 0) 0.5 else 0.003 }, MeasuringProtocol.MODEL_BENCH)
            assertEquals(listOf(20, 20 * 51, 1000), listOf(opened.size, ran, record.samplesMs.size))
            assertEquals(500.0, record.firstMs ?: 0.0, 1e-6)
            assertEquals(3.0, record.latencyMs.max ?: 0.0, 1e-9)
            assertEquals(200.0, record.loadMs.cold ?: 0.0, 1e-6)
        }

    @Test
    fun xcodeKeepsItsFirstInferenceToo() =
        runBlocking {
            val record = runner().measure(subject { if (it == 0) 0.09 else 0.003 }, MeasuringProtocol.XCODE)
            assertEquals(120 to record.samplesMs.first(), record.samplesMs.size to record.firstMs)
            val once = MeasuringProtocol("once", 1, 1, 0, 20, 0.0, Figure.P50)
            assertNull(runner().measure(subject(), once).loadMs.warm)
        }

    @Test
    fun theRecordTellsWhereItRan() =
        runBlocking {
            val states = arrayOf(ThermalState.NONE, ThermalState.NONE, ThermalState.LIGHT)
            val record = runner(*states).measure(subject(backend = "gpu+cpu"), MeasuringProtocol.XCODE)
            assertEquals("none" to "light", record.device.thermalStart to record.device.thermalEnd)
            assertEquals("2026-11-26T12:00:00+00:00", record.created)
            assertEquals("gpu" to "gpu+cpu", record.run.computeUnitsRequested to record.run.computeUnitsUsed)
            assertEquals(mapOf("battery" to "80 %") to 180.5, record.run.conditions to record.memoryMb?.peakMb)
            assertEquals("android" to "Pixel 8a", record.device.kind to record.device.model)
            assertEquals(record, BenchmarkRecord.read(record.canonicalJson))
            write("measured.json", BenchmarkRecord.canonicalJson(listOf(record)))
        }

    @Test
    fun heatSleepEmulatorsAndForeignBackendsSpeakAgainstTheFigures() =
        runBlocking {
            val ours = MeasuringProtocol.HEADPOSE
            val states = arrayOf(ThermalState.NONE, ThermalState.NONE, ThermalState.SEVERE)
            val hot = runner(*states).measure(subject(), ours)
            assertEquals(listOf("the device was throttled: thermal state severe"), hot.invalidReasons)
            val slept = runner().measure(subject(wallAlone = 10.0), ours)
            val jumped = "the clock jumped by +30 s: the computer slept, or its time was set"
            assertEquals(listOf(jumped), slept.invalidReasons)
            val emulated = runner().measure(subject(emulated = true), ours)
            assertEquals(listOf("the times are those of an emulation"), emulated.invalidReasons)
            val elsewhere = runner().measure(subject(backend = "cpu"), ours)
            assertEquals(listOf("asked for gpu, ran on cpu"), elsewhere.invalidReasons)
            assertFalse(elsewhere.valid)
        }

    @Test
    fun aPhoneThatDoesNotTellItsHeatIsMeasured() =
        runBlocking {
            val record = runner(null, rest = CoolDown.STANDARD).measure(subject(), MeasuringProtocol.HEADPOSE)
            assertTrue(record.valid)
            assertEquals(null to null, record.device.thermalStart to record.device.thermalEnd)
        }

    @Test
    fun aHotPhoneIsLetCoolDown() =
        runBlocking {
            val told = ArrayList<BenchmarkProgress>()
            val states = List(5) { ThermalState.SEVERE } + ThermalState.NONE
            val rest = CoolDown(2.0, ThermalState.NONE, 60.0, 1.0)
            val record =
                runner(*states.toTypedArray(), rest = rest)
                    .measure(subject(), MeasuringProtocol.XCODE, told::add)
            assertTrue(record.device.thermalStart == "none" && record.valid) { "${record.invalidReasons}" }
            val waits = told.filterIsInstance<BenchmarkProgress.CoolingDown>()
            assertEquals(listOf(0.0, 1.0, 2.0, 3.0, 4.0), waits.map { it.waitedSeconds })
            assertEquals(setOf<ThermalState?>(ThermalState.SEVERE), waits.map { it.state }.toSet())
        }

    @Test
    fun itDoesNotWaitForever() =
        runBlocking {
            val rest = CoolDown(0.0, ThermalState.LIGHT, 4.5, 2.0)
            val start = clock.monotonicSeconds()
            val record =
                runner(ThermalState.CRITICAL, rest = rest)
                    .measure(subject(opening = 0.0), MeasuringProtocol.XCODE)
            assertFalse(record.valid)
            assertEquals(4.5 + 0.3, clock.monotonicSeconds() - start, 1e-6)
        }

    @Test
    fun progressEndsAtTheWhole() =
        runBlocking {
            val told = ArrayList<BenchmarkProgress>()
            val record = runner().measure(subject(), MeasuringProtocol.XCODE, told::add)
            val measuring = told.filterIsInstance<BenchmarkProgress.Measuring>()
            assertEquals(record.samplesMs, measuring.flatMap { it.newestMs })
            assertEquals(120 to 120, measuring.last().done to measuring.last().of)
            assertTrue(BenchmarkProgress.Opening(3, 3) in told)
        }

    @Test
    fun cancellingEndsItAndClosesTheModel() {
        assertThrows(CancellationException::class.java) {
            runBlocking {
                async {
                    runner().measure(subject(), MeasuringProtocol.HEADPOSE) {
                        if (it is BenchmarkProgress.Measuring) cancel()
                    }
                }.await()
            }
        }
        assertTrue(ran < 100 && opened.isNotEmpty() && opened.all { it.closed }) { "$ran" }
    }

    @Test
    fun whatTheModelThrowsComesThroughAndItIsClosed() {
        val error =
            assertThrows(HeadPoseException::class.java) {
                runBlocking {
                    runner().measure(subject { throw HeadPoseException("out of memory") }, MeasuringProtocol.XCODE)
                }
            }
        assertEquals("out of memory", error.message)
        assertTrue(opened.isNotEmpty() && opened.all { it.closed })
        val nothing = MeasuringProtocol("nothing", 0, 1, 0, 1, 0.0, Figure.P50)
        assertThrows(HeadPoseException::class.java) { runBlocking { runner().measure(subject(), nothing) } }
    }

    @Test
    fun aModelWithoutTimeEndsToo() =
        runBlocking {
            val record = runner().measure(subject { 0.0 }, MeasuringProtocol.HEADPOSE)
            assertEquals(100_000, record.samplesMs.size)
        }
}
