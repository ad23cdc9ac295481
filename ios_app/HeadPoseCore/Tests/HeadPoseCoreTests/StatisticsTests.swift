import HeadPoseCore
import Testing

@Suite("latency statistics, against benchmarks/latency.py")
struct StatisticsTests {
    struct StatsCase: Decodable {
        let name: String
        let samples_ms: [Double]
        let stats: LatencyStats
    }

    @Test("to the last of four digits") func figures() throws {
        for one in try Golden.cases("stats", of: "statistics.json", as: StatsCase.self) {
            #expect(try LatencyStats(of: one.samples_ms) == one.stats, "\(one.name)")
        }
    }

    struct ReasonsCase: Decodable {
        let name: String
        let samples_ms: [Double]?
        let stats: LatencyStats?
        let iterations: Int?
        let emulated: Bool
        let clock_jump_s: Double
        let throttled: String?
        let reasons: [String]
        var seen: LatencyValidity.Circumstances {
            .init(emulated: emulated, clockJumpSeconds: clock_jump_s, throttled: throttled)
        }
    }

    @Test("the same English sentences") func reasons() throws {
        for one in try Golden.cases("reasons", of: "statistics.json", as: ReasonsCase.self) {
            let samples = try #require(one.samples_ms)
            #expect(LatencyValidity.reasons(against: samples, one.seen) == one.reasons, "\(one.name)")
        }
    }

    @Test func reasonsAgainstFiguresAlone() throws {
        for one in try Golden.cases("summary_reasons", of: "statistics.json", as: ReasonsCase.self) {
            let (stats, count) = (try #require(one.stats), try #require(one.iterations))
            #expect(LatencyValidity.reasons(against: stats, iterations: count, one.seen) == one.reasons, "\(one.name)")
        }
    }

    @Test func noSamplesHaveNoFigures() {
        #expect(throws: HeadPoseError.self) { try LatencyStats(of: []) }
        #expect(throws: HeadPoseError.self) { try LatencyStats(of: [1, .nan]) }
    }

    struct UnitsCase: Decodable {
        let name: String
        let asked: ComputeUnits
        let placement: [BenchmarkRecord.UnitShare]
        let reasons: [String]
    }

    @Test func unitsThatWereNotAskedFor() throws {
        for one in try Golden.cases("units", of: "protocols.json", as: UnitsCase.self) {
            #expect(one.asked.reasons(against: one.placement) == one.reasons, "\(one.name)")
        }
    }

    struct PresetCase: Decodable {
        let name: String
        let protocols: [String]
        let compute_units: [ComputeUnits]
        let device_model, os_version: String?
    }

    @Test func presetsAreThoseOfThePythonTools() throws {
        let rules = try Golden.cases("protocols", of: "protocols.json", as: MeasuringProtocol.self)
        #expect(rules.map(\.name).sorted() == MeasuringProtocol.all.map(\.name).sorted())
        for one in rules { #expect(MeasuringProtocol.all.contains(one), "\(one.name)") }
        let presets = try Golden.cases("presets", of: "protocols.json", as: PresetCase.self)
        #expect(presets.map(\.name).sorted() == BenchmarkPreset.all.map(\.id).sorted())
        for one in presets {
            let mine = try #require(BenchmarkPreset.all.first { $0.id == one.name })
            #expect(mine.protocols.map(\.name) == one.protocols, "\(one.name)")
            #expect(mine.computeUnits == one.compute_units, "\(one.name)")
            #expect(mine.deviceModel == one.device_model, "\(one.name)")
            #expect(mine.osVersion == one.os_version, "\(one.name)")
        }
    }

    struct ChipCase: Decodable {
        let name, title, soc: String
    }

    @Test func chipsAreThoseOfThePythonTools() throws {
        let chips = try Golden.cases("chips", of: "protocols.json", as: ChipCase.self)
        #expect(chips.count == Iphone.all.count)
        for one in chips {
            let mine = Iphone.known(one.name)
            #expect(mine?.name == one.title && mine?.soc == one.soc, "\(one.name)")
        }
        #expect(Iphone.known("iPhone99,9") == nil)
    }

    @Test func theFigureThatIsQuoted() throws {
        let stats = try LatencyStats(of: [1, 2, 9])
        #expect(MeasuringProtocol.headpose.quoted(stats) == stats.p50)
        #expect(MeasuringProtocol.modelBench.quoted(stats) == stats.trimmedMean)
    }
}
