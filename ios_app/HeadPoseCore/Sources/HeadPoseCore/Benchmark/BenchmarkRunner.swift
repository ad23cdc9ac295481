import Foundation

/// Measures one model by one protocol. Nothing else should run meanwhile: stop the camera before.
public struct BenchmarkRunner: Sendable {
    private let clock: any HostClock
    private let thermal: any ThermalSource
    private let coolDown: CoolDown

    /// Inferences between two reports of progress; the report itself is never inside a sample.
    private static let chunk = 10
    /// However fast a model is, no more samples are kept.
    static let maximumSamples = 100_000

    /// A runner.
    public init(clock: any HostClock = SystemClock(), thermal: any ThermalSource, coolDown: CoolDown = .standard) {
        self.clock = clock
        self.thermal = thermal
        self.coolDown = coolDown
    }

    /// Cools down, opens, warms up, measures, and judges.
    ///
    /// - Parameters:
    ///   - subject: what to measure.
    ///   - rules: how.
    ///   - progress: told between samples.
    /// - Returns: the record, whether its figures may be quoted or not.
    /// - Throws: `CancellationError` soon after the task is cancelled, `HeadPoseError` for rules without a sample, and
    ///   what the model throws.
    public func measure(
        _ subject: BenchmarkSubject, by rules: MeasuringProtocol,
        progress: @escaping @Sendable (BenchmarkProgress) -> Void = { _ in }
    ) async throws -> BenchmarkRecord {
        guard rules.rounds > 0, rules.loads > 0, rules.iterations > 0, rules.warmup >= 0 else {
            throw HeadPoseError(
                "the protocol \(rules.name) measures nothing: it needs a round, a load and an iteration")
        }
        try await cool(progress)
        var taken = Taken(thermalStart: thermal.thermalState())
        let (wall, steady) = (clock.wallSeconds(), clock.monotonicSeconds())
        for round in 1...rules.rounds {
            progress(.opening(round: round, of: rules.rounds))
            let opened = try await open(subject, rules.loads, &taken)
            for _ in 0..<rules.warmup { taken.note(first: try timed { try opened.predict() }) }
            let wanted = rules.iterations * round
            let seconds = round == rules.rounds ? rules.minSeconds : 0
            try await sample(opened, until: wanted, of: rules, minimumSeconds: seconds, &taken, progress)
        }
        taken.clockJumpSeconds = (clock.wallSeconds() - wall) - (clock.monotonicSeconds() - steady)
        taken.thermalEnd = thermal.thermalState()
        return try record(subject, rules, taken, createdSeconds: wall)
    }

    private func cool(_ progress: (BenchmarkProgress) -> Void) async throws {
        var waited = 0.0
        while true {
            let state = thermal.thermalState()
            let rested = waited >= coolDown.pauseSeconds
            if rested && (state <= coolDown.until || waited >= coolDown.atMostSeconds) { return }
            progress(.coolingDown(state: state, waitedSeconds: waited))
            let left = rested ? coolDown.atMostSeconds - waited : coolDown.pauseSeconds - waited
            let step = min(coolDown.pollSeconds, left)
            try await clock.sleep(seconds: step)
            waited += step
        }
    }

    private func open(_ subject: BenchmarkSubject, _ loads: Int, _ taken: inout Taken) async throws -> any OpenedModel {
        var last: (any OpenedModel)?
        for _ in 0..<loads {
            try Task.checkCancellation()
            last = nil  // the one before is let go first
            let start = clock.monotonicSeconds()
            last = try await subject.open()
            taken.loadsMs.append((clock.monotonicSeconds() - start) * 1e3)
        }
        guard let last else { throw HeadPoseError("the model was never opened") }
        return last
    }

    private func sample(
        _ opened: any OpenedModel, until wanted: Int, of rules: MeasuringProtocol, minimumSeconds: Double,
        _ taken: inout Taken, _ progress: (BenchmarkProgress) -> Void
    ) async throws {
        let total = rules.rounds * rules.iterations
        while taken.needsMore(than: wanted, minimumSeconds: minimumSeconds) {
            try Task.checkCancellation()
            let start = taken.samplesMs.count
            let count = start < wanted ? min(BenchmarkRunner.chunk, wanted - start) : BenchmarkRunner.chunk
            for _ in 0..<count {
                let ms = try timed { try opened.predict() }
                taken.note(first: ms)
                taken.keep(ms)
            }
            progress(
                .measuring(
                    done: taken.samplesMs.count, of: max(total, taken.samplesMs.count),
                    newestMs: Array(taken.samplesMs[start...])))
            await Task.yield()
        }
    }

    private func timed(_ work: () throws -> Void) rethrows -> Double {
        let start = clock.monotonicSeconds()
        try work()
        return (clock.monotonicSeconds() - start) * 1e3
    }

    private func record(
        _ subject: BenchmarkSubject, _ rules: MeasuringProtocol, _ taken: Taken, createdSeconds: Double
    ) throws -> BenchmarkRecord {
        var device = subject.device
        device.thermalStart = taken.thermalStart.rawValue
        device.thermalEnd = taken.thermalEnd.rawValue
        let hot = [taken.thermalEnd, taken.thermalStart].first(where: \.throttles)
        return try BenchmarkRecord(
            model: subject.model, device: device, run: subject.run(rules, taken.samplesMs.count),
            loadMs: taken.loadTimes, firstMs: taken.firstMs, samplesMs: taken.samplesMs, placement: subject.placement,
            parity: subject.parity, tools: subject.tools, created: iso8601(createdSeconds),
            seen: LatencyValidity.Circumstances(
                emulated: subject.emulated, clockJumpSeconds: taken.clockJumpSeconds, throttled: hot?.rawValue))
    }
}

/// What was taken while a model was measured.
private struct Taken {
    let thermalStart: ThermalState
    var thermalEnd = ThermalState.nominal
    var clockJumpSeconds = 0.0
    var loadsMs: [Double] = []
    var firstMs: Double?
    private(set) var samplesMs: [Double] = []
    private var keptMs = 0.0

    init(thermalStart: ThermalState) {
        self.thermalStart = thermalStart
    }

    /// The first inference of all is kept by itself.
    mutating func note(first ms: Double) {
        if firstMs == nil { firstMs = ms }
    }

    mutating func keep(_ ms: Double) {
        samplesMs.append(ms)
        keptMs += ms
    }

    func needsMore(than wanted: Int, minimumSeconds: Double) -> Bool {
        if samplesMs.count < wanted { return true }
        return minimumSeconds > 0 && samplesMs.count < BenchmarkRunner.maximumSamples
            && keptMs / 1e3 < minimumSeconds
    }

    /// The first opening, and the median of the others.
    var loadTimes: BenchmarkRecord.LoadTimes {
        let others = loadsMs.dropFirst().sorted()
        let warm = others.isEmpty ? nil : LatencyStats.percentile(50, ofSorted: others)
        return BenchmarkRecord.LoadTimes(
            cold: loadsMs.first.map(LatencyStats.rounded), warm: warm.map(LatencyStats.rounded))
    }
}

extension BenchmarkSubject {
    fileprivate func run(_ rules: MeasuringProtocol, _ iterations: Int) -> BenchmarkRecord.Run {
        BenchmarkRecord.Run(
            tool: tool, engine: engine, threads: nil, computeUnitsRequested: computeUnits.rawValue,
            computeUnitsUsed: unitsUsed, emulated: emulated, warmup: rules.warmup, iterations: iterations,
            interleavedWith: [], includes: includes.map(\.rawValue), protocol: rules.name, mode: "",
            conditions: conditions)
    }
}

/// 2026-11-26T12:00:00+00:00, as the Python tools write it.
private func iso8601(_ seconds: Double) -> String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime]
    return formatter.string(from: Date(timeIntervalSince1970: seconds)).replacingOccurrences(of: "Z", with: "+00:00")
}
