/// A model that is open and ready.
public protocol OpenedModel: Sendable {
    /// One inference, finished when it returns. Synchronous: a hop between tasks would be timed too.
    func predict() throws
}

/// One model on one choice of compute units, and how to open it.
public struct BenchmarkSubject: Sendable {
    /// Facts of the file.
    public var model: BenchmarkRecord.Model
    /// Facts of the phone; thermal states are filled in.
    public var device: BenchmarkRecord.Device
    /// What is asked for.
    public var computeUnits: ComputeUnits
    /// Program that measures, with its version.
    public var tool: String
    /// What executes the file, with its version.
    public var engine: String
    /// Stages inside `predict()`.
    public var includes: [BenchmarkRecord.Stage] = [.inference]
    /// What the compute plan gave to which unit; empty where nothing tells.
    public var placement: [BenchmarkRecord.UnitShare] = []
    /// Figures of the file's parity, as its metadata has them.
    public var parity: JSONValue?
    /// Versions of the packages that made it.
    public var tools: [String: String] = [:]
    /// What else the system tells: battery, screen, …
    public var conditions: [String: String] = [:]
    /// True in a simulator: the times say nothing of a device then.
    public var emulated = false
    /// Opens the model anew, with nothing kept from before.
    public var open: @Sendable () async throws -> any OpenedModel

    /// A subject; what is not given here can be set.
    public init(
        model: BenchmarkRecord.Model, device: BenchmarkRecord.Device, computeUnits: ComputeUnits, tool: String,
        engine: String, open: @escaping @Sendable () async throws -> any OpenedModel
    ) {
        self.model = model
        self.device = device
        self.computeUnits = computeUnits
        self.tool = tool
        self.engine = engine
        self.open = open
    }

    /// `ane, cpu`: units of the placement, the dearest first; nil for an empty one.
    var unitsUsed: String? {
        placement.isEmpty ? nil : placement.map(\.unit).joined(separator: ", ")
    }
}

/// How a phone is let cool down before a measurement.
public struct CoolDown: Sendable, Equatable {
    /// Rest in any case, seconds.
    public var pauseSeconds: Double
    /// Wait until it is this cool.
    public var until: ThermalState
    /// But no longer than this, seconds; the record tells the state that it started in.
    public var atMostSeconds: Double
    /// How often to look, seconds.
    public var pollSeconds: Double

    /// Two seconds of rest, and up to two minutes until the state is nominal.
    public static let standard = CoolDown(pauseSeconds: 2, until: .nominal, atMostSeconds: 120, pollSeconds: 1)
    /// No rest.
    public static let none = CoolDown(pauseSeconds: 0, until: .critical, atMostSeconds: 0, pollSeconds: 1)

    /// A way to cool down.
    public init(pauseSeconds: Double, until: ThermalState, atMostSeconds: Double, pollSeconds: Double) {
        self.pauseSeconds = pauseSeconds
        self.until = until
        self.atMostSeconds = atMostSeconds
        self.pollSeconds = max(0.01, pollSeconds)
    }
}

/// Where a measurement is.
public enum BenchmarkProgress: Sendable, Equatable {
    /// Waits for the phone to cool down.
    case coolingDown(state: ThermalState, waitedSeconds: Double)
    /// Opens the model: round and rounds in all, from 1.
    case opening(round: Int, of: Int)
    /// Measures: inferences that were kept, how many there will be at least, and the newest times for a live chart, ms.
    case measuring(done: Int, of: Int, newestMs: [Double])
}
