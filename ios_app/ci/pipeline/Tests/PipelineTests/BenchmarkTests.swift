import Foundation
import HeadPoseCore
import HeadPoseCoreTesting
import Testing

@testable import HeadPoseLogic

@Suite @MainActor struct BenchmarkSessionTests {
    let clock = FakeClock()
    let rules = MeasuringProtocol(
        name: "short", rounds: 2, loads: 1, warmup: 2, iterations: 30, minSeconds: 0, figure: .p50)

    func file(_ name: String) -> ModelFile {
        ModelFile(url: URL(fileURLWithPath: "/models/\(name).mlmodelc"), origin: .bundled, entry: nil)
    }

    func plan(_ names: [String]) -> BenchmarkPlan {
        BenchmarkPlan(models: names.map(file), units: [.all, .cpuOnly], preset: .ours)
    }

    func jobs(_ names: [String]) -> [BenchmarkJob] {
        plan(names).jobs.map { BenchmarkJob(model: $0.model, units: $0.units, rules: rules) }
    }

    func session(_ predict: @escaping @Sendable (BenchmarkJob) throws -> Void = { _ in }) -> BenchmarkSession {
        let (clock, model) = (clock, Self.model)
        let runner = BenchmarkRunner(
            clock: clock, thermal: FakeThermalSource([.nominal]), coolDown: .none)
        return BenchmarkSession(runner: runner) { job in
            var model = model
            model.name = job.model.name
            return BenchmarkSubject(
                model: model, device: Phone.device(system: "iOS 16", lowPower: false), computeUnits: job.units,
                tool: "test", engine: "fake"
            ) {
                FakeOpenedModel {
                    clock.advance(job.units == .all ? 0.002 : 0.005)
                    try predict(job)
                }
            }
        }
    }

    static let model: BenchmarkRecord.Model = {
        let text = """
            {"name": "m", "backbone": "b", "target": "coreml", "precision": "fp16", "input_size": 224, "sha256": "00",
             "size_bytes": 1, "trained": true, "checkpoint_sha256": "11", "git": {}}
            """
        guard let model = try? JSONDecoder().decode(BenchmarkRecord.Model.self, from: Data(text.utf8)) else {
            preconditionFailure("the model of this test is no model")
        }
        return model
    }()

    @Test func aPlanIsEveryModelOnAllUnitsByAllRules() {
        var plan = plan(["a", "b"])
        #expect(plan.jobs.map(\.id).count == 4)
        #expect(plan.jobs.map(\.model.name) == ["a", "a", "b", "b"])
        plan.preset = .published
        #expect(Set(plan.jobs.map(\.id)).count == 12)
        #expect(plan.differs(fromPublishedOn: "iPhone15,3"))
        #expect(!plan.differs(fromPublishedOn: "iPhone13,2"))
    }

    @Test func allAreMeasuredInOrderAndWrittenAsOneList() async throws {
        let session = session()
        var chart = 0
        session.onChange = { chart = max(chart, $0.samplesMs.count) }
        session.start(jobs(["a", "b"]))
        #expect(session.isRunning)
        session.start(jobs(["c"]))
        await session.finished()
        #expect(session.state.rows.map(\.model) == ["a", "a", "b", "b"])
        #expect(session.state.rows.map { ($0.p50 * 10).rounded() } == [20, 50, 20, 50])
        #expect(session.state.running == nil && !session.isRunning)
        #expect(chart == 60)
        let list = try JSONDecoder().decode([BenchmarkRecord].self, from: try session.json())
        #expect(list == session.state.results)
    }

    @Test func whatFailsIsToldAndTheOthersGoOn() async {
        let session = session { job in if job.model.name == "a" { throw HeadPoseError("it is broken") } }
        session.start(jobs(["a", "b"]))
        await session.finished()
        #expect(session.state.rows.map(\.model) == ["b", "b"])
        #expect(Set(session.state.errors.values) == ["it is broken"])
    }

    @Test func stoppingKeepsWhatWasMeasured() async {
        let session = session()
        session.onChange = { [weak session] state in
            if state.records.count == 1, !state.isCancelled { session?.cancel() }
        }
        session.start(jobs(["a", "b", "c"]))
        await session.finished()
        #expect(session.state.isCancelled)
        #expect(session.state.rows.count == 1)
        #expect(session.state.errors.isEmpty)
        session.onChange = { _ in }
        session.start(jobs(["a"]))
        await session.finished()
        #expect(session.state.rows.count == 2 && !session.state.isCancelled)
    }

    @Test func stoppingInTheMiddleOfAMeasurementEndsIt() async {
        let session = session()
        session.onChange = { [weak session] state in
            if case .measuring = state.progress, !state.isCancelled { session?.cancel() }
        }
        let endless = MeasuringProtocol(
            name: "endless", rounds: 1000, loads: 1, warmup: 0, iterations: 1000, minSeconds: 0, figure: .p50)
        session.start([BenchmarkJob(model: file("a"), units: .all, rules: endless)])
        await session.finished()
        #expect(session.state.rows.isEmpty && session.state.errors.isEmpty)
    }
}
