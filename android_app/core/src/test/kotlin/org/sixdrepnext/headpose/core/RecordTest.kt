package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.benchmark.BenchmarkOrder
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.benchmark.LatencyStats
import org.sixdrepnext.headpose.core.benchmark.LatencyValidity
import org.sixdrepnext.headpose.core.benchmark.MeasuringProtocol
import org.sixdrepnext.headpose.core.json.JsonInteger
import org.sixdrepnext.headpose.core.json.JsonNull
import org.sixdrepnext.headpose.core.json.JsonObject
import org.sixdrepnext.headpose.core.json.JsonValue

/** Benchmark records, byte for byte as Python writes them; and orders to measure. */
class RecordTest {
    private val full = BenchmarkRecord.read(Golden.text("record_full.json"))

    @Test
    fun readAndWrittenAgain() {
        for (text in listOf(Golden.text("record_full.json"), Golden.text("record_minimal.json"))) {
            val record = BenchmarkRecord.read(text)
            assertEquals(text, record.canonicalJson)
            assertEquals("[$text,$text]", BenchmarkRecord.canonicalJson(listOf(record, record)))
        }
    }

    @Test
    fun everyFieldIsRead() {
        val device = full.device
        assertEquals("iPhone13,2" to "A14", device.model to device.soc)
        assertEquals("nominal" to "fair", device.thermalStart to device.thermalEnd)
        assertEquals(50 to listOf("crop", "inference"), full.run.warmup to full.run.includes)
        assertEquals(LatencyStats.of(full.samplesMs), full.latencyMs)
        assertEquals(listOf("ane", "cpu") to 248, full.placement.map { it.unit } to full.operators.first().calls)
        assertEquals(256 to 40.0, full.accuracy?.n to full.memoryMb?.baseMb)
        assertEquals(0.019559717412042647, full.parity?.get("mean_deg")?.double)
        assertEquals(
            40,
            full.model.git["commit"]
                ?.string
                ?.length,
        )
        assertEquals(BenchmarkRecord.LoadTimes(812.5, 21.0625), full.loadMs)
        assertEquals(setOf("crop", "inference"), full.stagesMs.keys)
        assertTrue(full.valid && full.energyMj == 3.5e-05 && device.lowPower == false)
    }

    @Test
    fun damageIsTold() {
        val text = Golden.text("record_minimal.json")
        val damages =
            listOf(
                Triple("\"cores\":6,", "", "a.json cannot be read (device.cores is missing): measure again"),
                Triple("\"soc\":null,", "", "device.soc is missing"),
                Triple("\"schema\":2", "\"schema\":1", "schema 1, this version reads 2"),
                Triple("\"cores\":6", "\"cores\":\"six\"", "device.cores is of the wrong kind"),
                Triple("\"cores\":6", "\"cores\":6.5", "device.cores is of the wrong kind"),
                Triple("\"samples_ms\":[3]", "\"samples_ms\":[3,\"x\"]", "samples_ms.1 is of the wrong kind"),
                Triple("\"energy_mj\":null", "\"energy\":null,\"energy_mj\":null", "does not know: update"),
                Triple("{\"accuracy\"", "{accuracy", "it is no JSON"),
            )
        for ((from, to, told) in damages) {
            assertTrue(from in text) { from }
            val error =
                assertThrows(HeadPoseException::class.java) {
                    BenchmarkRecord.read(text.replaceFirst(from, to), "a.json")
                }
            assertTrue(told in error.message) { error.message }
        }
        assertThrows(HeadPoseException::class.java) { BenchmarkRecord.read("[]") }
    }

    @Test
    fun savingPowerAndForeignBackendsSpeakAgainstFigures() {
        val record =
            BenchmarkRecord.measured(
                model = full.model,
                device = full.device.copy(lowPower = true),
                run = full.run.copy(computeUnitsRequested = "gpu", computeUnitsUsed = "cpu"),
                loadMs = full.loadMs,
                firstMs = null,
                samplesMs = full.samplesMs,
                created = full.created,
                seen = LatencyValidity.Circumstances(emulated = true),
                also = listOf("power saving was on", "the screen was off"),
            )
        assertFalse(record.valid)
        val expected =
            listOf(
                "the times are those of an emulation",
                "power saving was on",
                "asked for gpu, ran on cpu",
                "the screen was off",
            )
        assertEquals(expected, record.invalidReasons)
    }

    @Test
    fun anInfiniteNumberIsNotWritten() {
        val record = full.copy(samplesMs = listOf(Double.POSITIVE_INFINITY))
        assertThrows(HeadPoseException::class.java) { record.canonicalJson }
    }

    /** What Python gives to `am instrument`. */
    private fun JsonValue.arguments(): Map<String, String> =
        (need("arguments") as JsonObject).values.mapValues { (_, value) -> requireNotNull(value.string) }

    @Test
    fun ordersAreRead() {
        for (one in Golden.cases("orders", "android_orders.json")) {
            val order = BenchmarkOrder.read(one.arguments()::get)
            val threads = order.threads?.let { JsonInteger(it.toLong()) } ?: JsonNull
            assertEquals(one.text("accelerator") to one.need("threads"), order.accelerator.id to threads, one.name)
            assertEquals(one.text("artefact") to one.text("result"), order.artefact to order.result, one.name)
            val (warmup, runs) = one.whole("warmup") to one.whole("runs")
            val ours = MeasuringProtocol.HEADPOSE
            val rules = ours.copy(warmup = warmup, iterations = runs, minSeconds = one.number("min_seconds"))
            assertEquals(rules, order.protocol, one.name)
        }
    }

    @Test
    fun ordersThatMakeNoSenseAreToldInOneSentence() {
        val damages =
            listOf(
                "artefact" to " ", "accelerator" to "tpu", "threads" to "0", "threads" to "four", "warmup" to "-1",
                "runs" to "0", "minSeconds" to "NaN", "minSeconds" to "soon", "result" to "../x.json", "result" to "",
            ) // each argument
        val arguments = Golden.cases("orders", "android_orders.json").first().arguments()
        for ((name, value) in damages) {
            val wrong = arguments + (name to value)
            val error = assertThrows(HeadPoseException::class.java, { BenchmarkOrder.read(wrong::get) }, "$name=$value")
            assertTrue(name in error.message) { error.message }
        }
        for (name in arguments.keys - "threads" - "class") {
            val error = assertThrows(HeadPoseException::class.java) { BenchmarkOrder.read((arguments - name)::get) }
            assertTrue(name in error.message) { error.message }
        }
    }
}
