import Foundation
import HeadPoseCore
import HeadPoseCoreTesting
import Testing

/// Notes what happens, from any task.
final class Log<Entry: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [Entry] = []
    var entries: [Entry] { lock.withLock { list } }
    func note(_ entry: Entry) { lock.withLock { list.append(entry) } }
}

@Suite("measuring, with a clock of our own", .timeLimit(.minutes(1)))
struct BenchmarkRunnerTests {
    private func subject(
        _ clock: FakeClock, opening: Double = 0.02, inference: @escaping @Sendable (Int) -> Double = { _ in 0.0025 },
        opened: Log<Int> = Log(), ran: Log<Int> = Log()
    ) throws -> BenchmarkSubject {
        let full = try BenchmarkRecord.read(Golden.data("record_full.json"))
        var device = BenchmarkRecord.Device(
            model: "iPhone13,2", soc: "A14", os: "iOS 16.0.2", cores: 6, memoryGb: 4, lowPower: false)
        device.thermalStart = "stale"
        return BenchmarkSubject(
            model: full.model, device: device, computeUnits: .all, tool: "HeadPose 1", engine: "Core ML"
        ) {
            clock.advance(opened.entries.isEmpty ? opening * 10 : opening)
            opened.note(1)
            return FakeOpenedModel {
                clock.advance(inference(ran.entries.count))
                ran.note(1)
            }
        }
    }

    private func runner(_ clock: FakeClock, _ states: [ThermalState] = [.nominal], _ rest: CoolDown = .none)
        -> BenchmarkRunner
    {
        BenchmarkRunner(clock: clock, thermal: FakeThermalSource(states), coolDown: rest)
    }

    @Test func oursKeepsAThousandAndGoesOnForTwoSeconds() async throws {
        let (clock, opened, ran) = (FakeClock(), Log<Int>(), Log<Int>())
        let slow = try await runner(clock).measure(
            subject(clock, opened: opened, ran: ran), by: .headpose)
        #expect(slow.samplesMs.count == 1000 && ran.entries.count == 1050 && opened.entries.count == 3)
        #expect(slow.run.iterations == 1000 && slow.run.warmup == 50 && slow.run.protocol == "headpose")
        #expect(slow.valid && slow.invalidReasons.isEmpty)
        #expect(abs(slow.latencyMs.p50 - 2.5) < 1e-9 && slow.loadMs == .init(cold: 200, warm: 20))
        let fast = try await runner(clock).measure(subject(clock, inference: { _ in 0.001 }), by: .headpose)
        #expect(fast.samplesMs.count == 2000)
    }

    @Test func modelBenchOpensAnewForEachRoundAndDropsOneInference() async throws {
        let (clock, opened, ran) = (FakeClock(), Log<Int>(), Log<Int>())
        let record = try await runner(clock).measure(
            subject(clock, inference: { $0 == 0 ? 0.5 : 0.003 }, opened: opened, ran: ran), by: .modelBench)
        #expect(opened.entries.count == 20 && ran.entries.count == 20 * 51 && record.samplesMs.count == 1000)
        #expect(abs(try #require(record.firstMs) - 500) < 1e-6)
        #expect(abs(try #require(record.latencyMs.max) - 3) < 1e-9)
        #expect(abs(try #require(record.loadMs.cold) - 200) < 1e-6)
    }

    @Test func xcodeKeepsItsFirstInferenceToo() async throws {
        let clock = FakeClock()
        let record = try await runner(clock).measure(subject(clock, inference: { $0 == 0 ? 0.09 : 0.003 }), by: .xcode)
        #expect(record.samplesMs.count == 120 && record.firstMs == record.samplesMs.first)
        let once = MeasuringProtocol(
            name: "once", rounds: 1, loads: 1, warmup: 0, iterations: 20, minSeconds: 0, figure: .p50)
        #expect(try await runner(clock).measure(subject(clock), by: once).loadMs.warm == nil)
    }

    @Test func theRecordTellsWhereItRan() async throws {
        let clock = FakeClock(wall: 1_795_694_400)
        var one = try subject(clock)
        one.placement = [
            .init(unit: "ane", operators: 9, costShare: 0.9), .init(unit: "cpu", operators: 1, costShare: 0.1),
        ]
        one.conditions = ["battery": "80 %"]
        let record = try await runner(clock, [.nominal, .nominal, .fair]).measure(one, by: .xcode)
        #expect(record.device.thermalStart == "nominal" && record.device.thermalEnd == "fair")
        #expect(record.created == "2026-11-26T12:00:00+00:00")
        #expect(record.run.computeUnitsUsed == "ane, cpu" && record.run.conditions == ["battery": "80 %"])
        #expect(try BenchmarkRecord.read(record.canonicalJSON()) == record)
    }

    @Test func heatSleepAndSimulatorsSpeakAgainstTheFigures() async throws {
        let clock = FakeClock()
        let hot = try await runner(clock, [.nominal, .nominal, .serious]).measure(subject(clock), by: .headpose)
        #expect(hot.invalidReasons == ["the device was throttled: thermal state serious"])
        var sleepy = try subject(clock, inference: { _ in 0.0025 })
        let before = sleepy.open
        sleepy.open = {
            clock.advance(0, wallAlone: 10)
            return try await before()
        }
        let slept = try await runner(clock).measure(sleepy, by: .headpose)
        #expect(slept.invalidReasons == ["the clock jumped by +30 s: the computer slept, or its time was set"])
        var simulated = try subject(clock)
        simulated.emulated = true
        let record = try await runner(clock).measure(simulated, by: .headpose)
        #expect(record.invalidReasons == ["the times are those of an emulation"] && record.run.emulated)
    }

    @Test func aHotPhoneIsLetCoolDown() async throws {
        let (clock, told) = (FakeClock(), Log<BenchmarkProgress>())
        let rest = CoolDown(pauseSeconds: 2, until: .nominal, atMostSeconds: 60, pollSeconds: 1)
        let states = [ThermalState](repeating: .serious, count: 5) + [.nominal]
        let record = try await runner(clock, states, rest).measure(subject(clock), by: .xcode) { told.note($0) }
        #expect(record.device.thermalStart == "nominal" && record.valid)
        let waits = told.entries.compactMap { if case .coolingDown(_, let seconds) = $0 { seconds } else { nil } }
        #expect(waits == [0, 1, 2, 3, 4])
    }

    @Test func itDoesNotWaitForever() async throws {
        let clock = FakeClock()
        let rest = CoolDown(pauseSeconds: 0, until: .fair, atMostSeconds: 4.5, pollSeconds: 2)
        let start = clock.monotonicSeconds()
        let record = try await runner(clock, [.critical], rest).measure(subject(clock, opening: 0), by: .xcode)
        #expect(!record.valid)
        #expect(abs(clock.monotonicSeconds() - start - 4.5 - 0.3) < 1e-6)
    }

    @Test func progressEndsAtTheWhole() async throws {
        let (clock, told) = (FakeClock(), Log<BenchmarkProgress>())
        let record = try await runner(clock).measure(subject(clock), by: .xcode) { told.note($0) }
        let newest: [Double] = told.entries.flatMap { (entry: BenchmarkProgress) -> [Double] in
            if case .measuring(_, _, let ms) = entry { ms } else { [] }
        }
        #expect(newest == record.samplesMs)
        guard case .measuring(let done, let total, _)? = told.entries.last else {
            Issue.record("the last word is not about measuring")
            return
        }
        #expect(done == 120 && total == 120)
        #expect(told.entries.contains(.opening(round: 3, of: 3)))
    }

    @Test func cancellingEndsIt() async throws {
        let (clock, ran) = (FakeClock(), Log<Int>())
        let one = try subject(clock, ran: ran)
        let measuring = runner(clock)
        let task = Task {
            try await measuring.measure(one, by: .headpose) { _ in
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(ran.entries.count < 100)
    }

    @Test func whatTheModelThrowsComesThrough() async throws {
        let clock = FakeClock()
        var one = try subject(clock)
        one.open = { FakeOpenedModel { throw HeadPoseError("out of memory") } }
        let bad = one
        await #expect(throws: HeadPoseError("out of memory")) { try await runner(clock).measure(bad, by: .xcode) }
        let nothing = MeasuringProtocol(
            name: "nothing", rounds: 0, loads: 1, warmup: 0, iterations: 1, minSeconds: 0, figure: .p50)
        await #expect(throws: HeadPoseError.self) { try await runner(clock).measure(bad, by: nothing) }
    }

    @Test func aModelWithoutTimeEndsToo() async throws {
        let clock = FakeClock()
        let record = try await runner(clock).measure(subject(clock, inference: { _ in 0 }), by: .headpose)
        #expect(record.samplesMs.count == 100_000)
    }
}

@Suite("meters and clocks")
struct MeterTests {
    @Test func framesOfTheLastSecondAreCounted() {
        var meter = FrameRateMeter(windowSeconds: 1)
        #expect(meter.framesPerSecond == 0 && meter.meanDurationMs == 0)
        for frame in 0..<60 { meter.note(timeSeconds: Double(frame) / 30, durationMs: 8) }
        #expect(abs(meter.framesPerSecond - 30) < 1e-9 && meter.meanDurationMs == 8)
        for frame in 0..<15 { meter.note(timeSeconds: 2 + Double(frame) / 10, durationMs: 20) }
        #expect(abs(meter.framesPerSecond - 10) < 1e-9 && meter.meanDurationMs == 20)
        meter.note(timeSeconds: 1)
        #expect(meter.framesPerSecond == 0)
        #expect(FrameRateMeter(windowSeconds: -1).framesPerSecond == 0)
    }

    @Test func theSystemsClockGoes() async throws {
        let clock = SystemClock()
        let (steady, wall) = (clock.monotonicSeconds(), clock.wallSeconds())
        try await clock.sleep(seconds: 0.02)
        #expect(clock.monotonicSeconds() - steady >= 0.015)
        #expect(wall > 1_700_000_000 && clock.wallSeconds() > wall - 1)
    }

    @Test func thermalStatesAreInOrder() {
        #expect(ThermalState.allCases.sorted() == [.nominal, .fair, .serious, .critical])
        #expect(ThermalState.allCases.filter(\.throttles) == [.serious, .critical])
    }
}
