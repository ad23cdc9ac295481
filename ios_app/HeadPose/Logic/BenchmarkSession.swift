import Foundation
import HeadPoseCore

/// Makes one measurement after the other and keeps what came of them. Needs no framework: how a model is opened is
/// given to it.
@MainActor
final class BenchmarkSession {
    /// What the screen shows.
    struct State: Sendable, Equatable {
        /// All measurements, in order.
        var jobs: [BenchmarkJob] = []
        /// Which one runs, nil if none does.
        var running: Int?
        /// Where that one is.
        var progress: BenchmarkProgress?
        /// Its newest times for the chart, milliseconds.
        var samplesMs: [Double] = []
        /// What came of those that are done, by the job's identifier.
        var records: [String: BenchmarkRecord] = [:]
        /// Why others failed, in one sentence each.
        var errors: [String: String] = [:]
        /// The person stopped it.
        var isCancelled = false

        /// The result table, in the order of the measurements.
        var rows: [BenchmarkRow] { jobs.compactMap { job in records[job.id].map { BenchmarkRow(job, $0) } } }
        /// Results in the order of the measurements.
        var results: [BenchmarkRecord] { jobs.compactMap { records[$0.id] } }
    }

    /// The chart keeps so many times.
    static let chartLength = 400

    /// What the screen shows now.
    private(set) var state = State() { didSet { onChange(state) } }
    /// Told after each change.
    var onChange: (State) -> Void = { _ in }

    private let runner: BenchmarkRunner
    private let subject: @Sendable (BenchmarkJob) async throws -> BenchmarkSubject
    private var task: Task<Void, Never>?

    /// A session that does nothing until it is started.
    init(runner: BenchmarkRunner, subject: @escaping @Sendable (BenchmarkJob) async throws -> BenchmarkSubject) {
        self.runner = runner
        self.subject = subject
    }

    /// Whether a measurement is being made.
    var isRunning: Bool { task != nil }

    /// Measures all of them; results of an earlier run go away. Does nothing while it runs.
    func start(_ jobs: [BenchmarkJob]) {
        guard task == nil, !jobs.isEmpty else { return }
        state = State(jobs: jobs)
        task = Task { [weak self] in
            await self?.measureAll(jobs)
            self?.finish()
        }
    }

    /// Stops soon; what was measured stays.
    func cancel() {
        guard task != nil else { return }
        state.isCancelled = true
        task?.cancel()
    }

    /// Waits until nothing runs any more.
    func finished() async { await task?.value }

    /// The results as the Python tools read them: a JSON list of records.
    ///
    /// - Throws: `HeadPoseError` for a number that is not finite.
    func json() throws -> Data { try BenchmarkRecord.canonicalJSON(of: state.results) }

    private func measureAll(_ jobs: [BenchmarkJob]) async {
        for (index, job) in jobs.enumerated() {
            if Task.isCancelled { return }
            (state.running, state.progress, state.samplesMs) = (index, nil, [])
            do {
                state.records[job.id] = try await measure(job)
            } catch is CancellationError {
                return
            } catch {
                state.errors[job.id] = error.localizedDescription
            }
        }
    }

    private func measure(_ job: BenchmarkJob) async throws -> BenchmarkRecord {
        let (stream, continuation) = AsyncStream.makeStream(of: BenchmarkProgress.self)
        let (runner, subject) = (runner, subject)
        let work = Task.detached(priority: .userInitiated) {
            defer { continuation.finish() }
            return try await runner.measure(try await subject(job), by: job.rules) { continuation.yield($0) }
        }
        return try await withTaskCancellationHandler {
            for await progress in stream { note(progress) }
            return try await work.value
        } onCancel: {
            work.cancel()
        }
    }

    private func note(_ progress: BenchmarkProgress) {
        state.progress = progress
        guard case .measuring(_, _, let newest) = progress else { return }
        state.samplesMs = Array((state.samplesMs + newest).suffix(BenchmarkSession.chartLength))
    }

    private func finish() {
        task = nil
        (state.running, state.progress) = (nil, nil)
    }
}
