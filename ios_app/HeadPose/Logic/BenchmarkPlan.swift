import HeadPoseCore

/// One measurement to make.
struct BenchmarkJob: Sendable, Equatable, Identifiable {
    /// The model.
    let model: ModelFile
    /// Compute units to ask for.
    let units: ComputeUnits
    /// How to measure.
    let rules: MeasuringProtocol

    /// Different for different measurements.
    var id: String { "\(model.id)|\(units.rawValue)|\(rules.name)" }
}

/// Which models, on which compute units, by which rules.
struct BenchmarkPlan: Sendable, Equatable {
    /// Models to measure.
    var models: [ModelFile]
    /// Compute units to ask for, each for each model.
    var units: [ComputeUnits]
    /// Rules, each for each of them.
    var preset: BenchmarkPreset

    /// The measurements in order: all of a model together, so that its figures stand side by side.
    var jobs: [BenchmarkJob] {
        models.flatMap { model in
            units.flatMap { units in preset.protocols.map { BenchmarkJob(model: model, units: units, rules: $0) } }
        }
    }

    /// What the person should know before it starts: published figures are compared with another phone.
    func differs(fromPublishedOn device: String) -> Bool {
        preset.deviceModel.map { $0 != device } ?? false
    }
}

/// One line of the result table.
struct BenchmarkRow: Sendable, Equatable, Identifiable {
    /// Of the measurement.
    let id: String
    /// Name of the model.
    let model: String
    /// Units asked for.
    let units: ComputeUnits
    /// Units that the plan gives the operators to, nil where nothing tells.
    let used: String?
    /// Name of the rules.
    let rules: String
    /// The figure that these rules quote, milliseconds.
    let quotedMs: Double?
    /// Median, 90th and 99th percentile, milliseconds.
    let p50: Double
    /// 90th percentile.
    let p90: Double?
    /// 99th percentile.
    let p99: Double?
    /// Why the figures may not be quoted; empty if they may.
    let reasons: [String]

    /// The line of a record.
    init(_ job: BenchmarkJob, _ record: BenchmarkRecord) {
        id = job.id
        model = record.model.name
        units = job.units
        used = record.run.computeUnitsUsed
        rules = job.rules.name
        quotedMs = job.rules.quoted(record.latencyMs)
        (p50, p90, p99) = (record.latencyMs.p50, record.latencyMs.p90, record.latencyMs.p99)
        reasons = record.invalidReasons
    }
}
