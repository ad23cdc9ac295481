package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.benchmark.BenchmarkPreset
import org.sixdrepnext.headpose.core.benchmark.Figure
import org.sixdrepnext.headpose.core.benchmark.LatencyStats
import org.sixdrepnext.headpose.core.benchmark.LatencyValidity
import org.sixdrepnext.headpose.core.benchmark.MeasuringProtocol
import org.sixdrepnext.headpose.core.json.JsonNull
import org.sixdrepnext.headpose.core.json.JsonValue

/** Latency figures and sentences, exactly as Python computes them. */
class StatisticsTest {
    private fun JsonValue.stats(): LatencyStats {
        val told = need("stats")

        fun figure(name: String) = told.need(name).takeIf { it != JsonNull }?.double
        return LatencyStats(
            p50 = told.number("p50"),
            mean = figure("mean"),
            std = figure("std"),
            min = figure("min"),
            p90 = figure("p90"),
            p95 = figure("p95"),
            p99 = figure("p99"),
            max = figure("max"),
            trimmedMean = figure("trimmed_mean"),
        )
    }

    private fun JsonValue.seen() =
        LatencyValidity.Circumstances(truth("emulated"), number("clock_jump_s"), textOrNull("throttled"))

    @Test
    fun figures() {
        for (one in Golden.cases("stats", "statistics.json")) {
            assertEquals(one.stats(), LatencyStats.of(one.numbers("samples_ms")), one.name)
        }
    }

    @Test
    fun sentencesAgainstSamples() {
        val told = HashSet<String>()
        for (one in Golden.cases("reasons", "statistics.json")) {
            val found = LatencyValidity.reasons(one.numbers("samples_ms"), one.seen())
            assertEquals(one.texts("reasons"), found, one.name)
            told += found
        }
        assertTrue(told.size > 8) { "$told" }
    }

    @Test
    fun sentencesAgainstFiguresAlone() {
        for (one in Golden.cases("summary_reasons", "statistics.json")) {
            val found = LatencyValidity.reasons(one.stats(), one.whole("iterations"), one.seen())
            assertEquals(one.texts("reasons"), found, one.name)
        }
    }

    @Test
    fun nothingAndWhatIsNoNumberIsRefused() {
        assertThrows(HeadPoseException::class.java) { LatencyStats.of(emptyList()) }
        assertThrows(HeadPoseException::class.java) { LatencyStats.of(listOf(1.0, Double.NaN)) }
    }

    @Test
    fun protocolsAreThoseOfThePythonTools() {
        val rules =
            Golden.cases("protocols", "protocols.json").map { one ->
                MeasuringProtocol(
                    name = one.name,
                    rounds = one.whole("rounds"),
                    loads = one.whole("loads"),
                    warmup = one.whole("warmup"),
                    iterations = one.whole("iterations"),
                    minSeconds = one.number("min_seconds"),
                    figure = Figure.entries.first { it.id == one.text("figure") },
                )
            }
        assertEquals(rules.toSet(), MeasuringProtocol.ALL.toSet())
    }

    @Test
    fun presetsAreThoseOfThePythonTools() {
        val presets = Golden.cases("presets", "protocols.json")
        assertEquals(presets.map { it.name }.toSet(), BenchmarkPreset.ALL.map { it.id }.toSet())
        for (one in presets) {
            val mine = BenchmarkPreset.ALL.first { it.id == one.name }
            assertEquals(one.texts("protocols"), mine.protocols.map { it.name }, one.name)
            assertEquals(one.textOrNull("device_model"), mine.deviceModel, one.name)
            assertEquals(one.textOrNull("os_version"), mine.osVersion, one.name)
            assertTrue(mine.title.isNotBlank())
        }
    }

    @Test
    fun theFigureThatIsQuoted() {
        val stats = LatencyStats.of(listOf(1.0, 2.0, 9.0))
        assertEquals(stats.p50, MeasuringProtocol.HEADPOSE.quoted(stats))
        assertEquals(stats.trimmedMean, MeasuringProtocol.MODEL_BENCH.quoted(stats))
        assertNull(MeasuringProtocol.MODEL_BENCH.quoted(LatencyStats(4.5)))
    }
}
