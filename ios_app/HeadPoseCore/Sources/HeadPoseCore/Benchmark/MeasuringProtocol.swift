/// Rules of measuring.
public struct MeasuringProtocol: Sendable, Equatable, Codable {
    /// Which figure of its samples is quoted.
    public enum Figure: String, Sendable, Codable {
        /// The median.
        case p50
        /// The mean of ModelBench.
        case trimmedMean = "trimmed_mean"
    }

    /// Name that the result carries.
    public var name: String
    /// How often the model is opened anew.
    public var rounds: Int
    /// How often it is opened in a round, each time timed; the last one stays open.
    public var loads: Int
    /// Inferences of a round that are not kept.
    public var warmup: Int
    /// Inferences of a round that are kept.
    public var iterations: Int
    /// Go on with the last round until all kept inferences together took so long.
    public var minSeconds: Double
    /// Which figure of its samples is quoted.
    public var figure: Figure

    enum CodingKeys: String, CodingKey {
        case name, rounds, loads, warmup, iterations, figure
        case minSeconds = "min_seconds"
    }

    /// Rules of measuring.
    public init(
        name: String, rounds: Int, loads: Int, warmup: Int, iterations: Int, minSeconds: Double, figure: Figure
    ) {
        self.name = name
        self.rounds = rounds
        self.loads = loads
        self.warmup = warmup
        self.iterations = iterations
        self.minSeconds = minSeconds
        self.figure = figure
    }

    /// Ours: warm-up, then a thousand inferences in one go, the median.
    public static let headpose = MeasuringProtocol(
        name: "headpose", rounds: 1, loads: 3, warmup: 50, iterations: 1000, minSeconds: 2, figure: .p50)

    /// Apple's ml-mobileone ModelBench: 20 rounds of 50, the model re-created for each, one warm-up dropped, the 10
    /// fastest and the 10 slowest of a round left out, the mean of the rounds' means.
    public static let modelBench = MeasuringProtocol(
        name: "modelbench", rounds: 20, loads: 1, warmup: 1, iterations: 50, minSeconds: 0, figure: .trimmedMean)

    /// What Xcode's performance report does: 3 times 3 loads and 40 predictions, the median of all 120.
    public static let xcode = MeasuringProtocol(
        name: "xcode", rounds: 3, loads: 3, warmup: 0, iterations: 40, minSeconds: 0, figure: .p50)

    /// All of them.
    public static let all = [headpose, modelBench, xcode]

    /// The figure that is quoted of a record.
    public func quoted(_ stats: LatencyStats) -> Double? {
        figure == .p50 ? stats.p50 : stats.trimmedMean
    }
}

/// A named way to measure, for a picker.
public struct BenchmarkPreset: Sendable, Equatable, Identifiable {
    /// The name that the Python tools take with --preset.
    public let id: String
    /// For people.
    public let title: String
    /// One result each.
    public let protocols: [MeasuringProtocol]
    /// Asked for unless the person chooses others.
    public let computeUnits: [ComputeUnits]
    /// Identifier of the phone whose published figures are compared; nil for a preset without any.
    public let deviceModel: String?
    /// Its system when they were published.
    public let osVersion: String?

    /// What RepNeXt published of an iPhone 12 with iOS 16, measured as they did, and by our own and ModelBench's rules.
    public static let published = BenchmarkPreset(
        id: "iphone12-ios16", title: "Published (RepNeXt, iPhone 12)",
        protocols: [.xcode, .headpose, .modelBench], computeUnits: [.all], deviceModel: "iPhone13,2",
        osVersion: "16.0.2")
    /// 20 rounds of 50, trimmed mean.
    public static let modelBench = BenchmarkPreset(
        id: "modelbench", title: "ModelBench", protocols: [.modelBench], computeUnits: [.all], deviceModel: nil,
        osVersion: nil)
    /// Xcode's performance report.
    public static let xcode = BenchmarkPreset(
        id: "xcode", title: "Xcode performance report", protocols: [.xcode], computeUnits: [.all], deviceModel: nil,
        osVersion: nil)
    /// Our own protocol.
    public static let ours = BenchmarkPreset(
        id: "headpose", title: "Ours", protocols: [.headpose], computeUnits: [.all], deviceModel: nil, osVersion: nil)

    /// All of them, in the order of a picker.
    public static let all = [ours, published, modelBench, xcode]
}
