import Foundation

/// One latency measurement as it is stored: what ran, where, every sample, and whether the figures can be trusted.
///
/// The same record as the Python tools write for computers and Android phones; benchmarks/schema.json describes it.
public struct BenchmarkRecord: Sendable, Equatable, Codable {
    /// Version of this record.
    public static let schemaVersion = 2

    /// Version of the record that was read.
    public var schema = BenchmarkRecord.schemaVersion
    /// What ran.
    public var model: Model
    /// Where.
    public var device: Device
    /// How.
    public var run: Run
    /// Opening the model.
    public var loadMs: LoadTimes
    /// The first inference, which allocates; nil where it was not told.
    @ExplicitNull public var firstMs: Double?
    /// Every inference after the warm-up, in order, milliseconds.
    public var samplesMs: [Double]
    /// Figures of the samples.
    public var latencyMs: LatencyStats
    /// Figures of each stage of a sample that was timed by itself, by `Stage`'s raw value.
    public var stagesMs: [String: LatencyStats]
    /// nil where it was not measured.
    @ExplicitNull public var memoryMb: Memory?
    /// Energy of one inference, millijoules; nil where the platform does not tell.
    @ExplicitNull public var energyMj: Double?
    /// Which compute units the operators went to; empty where nothing tells.
    public var placement: [UnitShare]
    /// Time by kind of operator, slowest first; empty if it was not asked for.
    public var operators: [OperatorTime]
    /// Errors of this very file; nil if they were not measured.
    @ExplicitNull public var accuracy: Accuracy?
    /// Figures of this very file's parity with PyTorch, as its metadata has them; nil if it has none.
    @ExplicitNull public var parity: JSONValue?
    /// Versions of the packages that made and ran it.
    public var tools: [String: String]
    /// UTC time, ISO 8601.
    public var created: String
    /// Whether the figures may be quoted.
    public var valid: Bool
    /// Why not.
    public var invalidReasons: [String]

    enum CodingKeys: String, CodingKey {
        case schema, model, device, run, placement, operators, accuracy, parity, tools, created, valid
        case loadMs = "load_ms"
        case firstMs = "first_ms"
        case samplesMs = "samples_ms"
        case latencyMs = "latency_ms"
        case stagesMs = "stages_ms"
        case memoryMb = "memory_mb"
        case energyMj = "energy_mj"
        case invalidReasons = "invalid_reasons"
    }

    /// A record of at least one sample; figures and validity are computed from what is given. `seen` is what else was
    /// seen while the samples were taken, `also` are further reasons against the figures.
    ///
    /// - Throws: `HeadPoseError` for no samples.
    public init(
        model: Model, device: Device, run: Run, loadMs: LoadTimes, firstMs: Double?, samplesMs: [Double],
        placement: [UnitShare] = [], parity: JSONValue? = nil, tools: [String: String] = [:], created: String,
        seen: LatencyValidity.Circumstances = .init(), also: [String] = []
    ) throws {
        self.model = model
        self.device = device
        self.run = run
        self.loadMs = loadMs
        self.firstMs = firstMs
        self.samplesMs = samplesMs
        latencyMs = try LatencyStats(of: samplesMs)
        stagesMs = [:]
        memoryMb = nil
        energyMj = nil
        self.placement = placement
        operators = []
        accuracy = nil
        self.parity = parity
        self.tools = tools
        self.created = created
        var reasons = LatencyValidity.reasons(against: samplesMs, seen)
        if device.lowPower == true { reasons.append("low-power mode was on") }
        reasons += ComputeUnits(rawValue: run.computeUnitsRequested)?.reasons(against: placement) ?? []
        reasons += also.filter { !reasons.contains($0) }
        invalidReasons = reasons
        valid = reasons.isEmpty
    }

    /// A record that was written before; every field must be there and none besides.
    ///
    /// - Throws: `HeadPoseError` naming `what` if it is damaged or of another version.
    public static func read(_ data: Data, what: String = "the result") throws -> BenchmarkRecord {
        let record = try readJSON(BenchmarkRecord.self, data, what: what, advice: "measure again")
        guard record.schema == schemaVersion else {
            throw HeadPoseError(
                "\(what) cannot be read (schema \(record.schema), this version reads \(schemaVersion)): measure again")
        }
        let whole = try readJSON(JSONValue.self, data, what: what, advice: "measure again")
        guard try CanonicalJSON.data(whole) == record.canonicalJSON() else {
            throw HeadPoseError("\(what) has fields that this version does not know: update the app")
        }
        return record
    }

    /// The record in the form that Python agrees with byte for byte.
    ///
    /// - Throws: `HeadPoseError` for a number that is not finite.
    public func canonicalJSON() throws -> Data { try CanonicalJSON.data(self) }

    /// Several records as one JSON list, as the app hands them out.
    ///
    /// - Throws: `HeadPoseError` for a number that is not finite.
    public static func canonicalJSON(of records: [BenchmarkRecord]) throws -> Data { try CanonicalJSON.data(records) }
}
