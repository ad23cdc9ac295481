package org.sixdrepnext.headpose.core.benchmark

import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.yield
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.pipeline.HostClock
import org.sixdrepnext.headpose.core.pipeline.SystemClock
import org.sixdrepnext.headpose.core.pipeline.ThermalSource
import java.time.Instant
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import kotlin.math.max
import kotlin.math.min

/** Measures one model by one protocol. Nothing else should run meanwhile: stop the camera before. */
class BenchmarkRunner(
    private val clock: HostClock = SystemClock,
    private val thermal: ThermalSource,
    private val coolDown: CoolDown = CoolDown.STANDARD,
) {
    /**
     * Cools down, opens, warms up, measures, and judges. Call it on a thread that may be busy for minutes.
     *
     * @param rules how.
     * @param progress told between samples.
     * @return the record, whether its figures may be quoted or not.
     * @throws HeadPoseException for rules without a sample; CancellationException soon after the job is cancelled; and
     *   what the model throws. The model is closed in any case.
     */
    suspend fun measure(
        subject: BenchmarkSubject,
        rules: MeasuringProtocol,
        progress: (BenchmarkProgress) -> Unit = {},
    ): BenchmarkRecord {
        check(rules)
        cool(progress)
        val taken = Taken(clock, thermal.thermalState())
        for (round in 1..rules.rounds) {
            progress(BenchmarkProgress.Opening(round, rules.rounds))
            open(subject, rules.loads, taken).use { opened ->
                taken.used = opened.usedBackend
                repeat(rules.warmup) { taken.noteFirst(timed(opened)) }
                val seconds = if (round == rules.rounds) rules.minSeconds else 0.0
                sample(opened, rules, round, seconds, taken, progress)
                taken.memory = subject.memory()
            }
        }
        return record(subject, rules, taken)
    }

    private fun check(rules: MeasuringProtocol) {
        if (rules.rounds > 0 && rules.loads > 0 && rules.iterations > 0 && rules.warmup >= 0) return
        throw HeadPoseException(
            "the protocol ${rules.name} measures nothing: it needs a round, a load and an iteration",
        )
    }

    private suspend fun cool(progress: (BenchmarkProgress) -> Unit) {
        var waited = 0.0
        while (true) {
            val state = thermal.thermalState()
            val rested = waited >= coolDown.pauseSeconds
            val cool = state == null || state <= coolDown.until
            if (rested && (cool || waited >= coolDown.atMostSeconds)) return
            progress(BenchmarkProgress.CoolingDown(state, waited))
            val left = (if (rested) coolDown.atMostSeconds else coolDown.pauseSeconds) - waited
            val step = min(max(SHORTEST_POLL_SECONDS, coolDown.pollSeconds), left)
            clock.sleep(step)
            waited += step
        }
    }

    /** Opens it so many times, each timed; the one before is closed first, the last one stays open. */
    private suspend fun open(
        subject: BenchmarkSubject,
        loads: Int,
        taken: Taken,
    ): OpenedModel {
        repeat(loads - 1) { timedOpening(subject, taken).close() }
        return timedOpening(subject, taken)
    }

    private suspend fun timedOpening(
        subject: BenchmarkSubject,
        taken: Taken,
    ): OpenedModel {
        currentCoroutineContext().ensureActive()
        val start = clock.monotonicSeconds()
        return subject.open().also { taken.loadsMs += (clock.monotonicSeconds() - start) * 1e3 }
    }

    private suspend fun sample(
        opened: OpenedModel,
        rules: MeasuringProtocol,
        round: Int,
        minimumSeconds: Double,
        taken: Taken,
        progress: (BenchmarkProgress) -> Unit,
    ) {
        val wanted = rules.iterations * round
        while (taken.needsMore(wanted, minimumSeconds)) {
            currentCoroutineContext().ensureActive()
            val start = taken.samplesMs.size
            repeat(if (start < wanted) min(CHUNK, wanted - start) else CHUNK) { taken.keep(timed(opened)) }
            val done = taken.samplesMs.size
            val newest = taken.samplesMs.subList(start, done).toList()
            progress(BenchmarkProgress.Measuring(done, max(rules.rounds * rules.iterations, done), newest))
            yield()
        }
    }

    private fun timed(opened: OpenedModel): Double {
        val start = clock.monotonicSeconds()
        opened.predict()
        return (clock.monotonicSeconds() - start) * 1e3
    }

    private fun record(
        subject: BenchmarkSubject,
        rules: MeasuringProtocol,
        taken: Taken,
    ): BenchmarkRecord {
        val (start, end) = taken.thermalStart to thermal.thermalState()
        val hot = listOfNotNull(start, end).firstOrNull { it.throttles }
        val seen = LatencyValidity.Circumstances(subject.emulated, taken.clockJumpSeconds(), hot?.id)
        return BenchmarkRecord
            .measured(
                model = subject.model,
                device = subject.device.copy(thermalStart = start?.id, thermalEnd = end?.id),
                run = subject.run(rules, taken),
                loadMs = taken.loadTimes,
                firstMs = taken.firstMs,
                samplesMs = taken.samplesMs.toList(),
                created = iso8601(taken.wallStart),
                seen = seen,
            ).copy(memoryMb = taken.memory, parity = subject.parity, tools = subject.tools)
    }

    private fun BenchmarkSubject.run(
        rules: MeasuringProtocol,
        taken: Taken,
    ) = BenchmarkRecord.Run(
        tool = tool,
        engine = engine,
        threads = threads,
        computeUnitsRequested = accelerator.id,
        computeUnitsUsed = taken.used,
        emulated = emulated,
        warmup = rules.warmup,
        iterations = taken.samplesMs.size,
        includes = includes.map { it.id },
        protocol = rules.name,
        mode = mode,
        conditions = conditions,
    )

    internal companion object {
        /** Inferences between two reports of progress; the report itself is never inside a sample. */
        private const val CHUNK = 10

        /** However fast a model is, no more samples are kept. */
        const val MAXIMUM_SAMPLES = 100_000

        private const val SHORTEST_POLL_SECONDS = 0.01
        private val ISO_8601 = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx")

        /** 2026-11-26T12:00:00+00:00, as the Python tools write it. */
        private fun iso8601(seconds: Double): String =
            ISO_8601.format(Instant.ofEpochSecond(seconds.toLong()).atOffset(ZoneOffset.UTC))
    }
}
