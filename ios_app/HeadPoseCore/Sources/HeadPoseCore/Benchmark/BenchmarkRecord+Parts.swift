extension BenchmarkRecord {
    /// What a sample may hold.
    public enum Stage: String, Sendable, CaseIterable, Codable {
        /// Finding faces.
        case detect
        /// Cutting and resizing.
        case crop
        /// The network.
        case inference
        /// The matrix to angles.
        case decode
    }

    /// What ran.
    public struct Model: Sendable, Equatable, Codable {
        /// Name of the artefact, <model>_<backbone>_<precision>.
        public var name: String
        /// Backbone name.
        public var backbone: String
        /// `coreml` here.
        public var target: String
        /// `fp32`, `fp16`, …
        public var precision: String
        /// Side of the square input in pixels.
        public var inputSize: Int
        /// Hash of the file or package.
        public var sha256: String
        /// Size on disk.
        public var sizeBytes: Int
        /// False for seeded weights; latency does not depend on it.
        public var trained: Bool
        /// Hash of the weights.
        public var checkpointSha256: String
        /// `commit` of the exporter and whether its tree was `dirty`.
        public var git: JSONValue

        enum CodingKeys: String, CodingKey {
            case name, backbone, target, precision, sha256, trained, git
            case inputSize = "input_size"
            case sizeBytes = "size_bytes"
            case checkpointSha256 = "checkpoint_sha256"
        }
    }

    /// Where it ran.
    public struct Device: Sendable, Equatable, Codable {
        /// `iphone` here.
        public var kind: String
        /// The phone's model identifier, `iPhone13,2`.
        public var model: String
        /// System on chip, nil where it is not known.
        @ExplicitNull public var soc: String?
        /// Operating system and version.
        public var os: String
        /// Processors that run at once.
        public var cores: Int
        /// Installed memory, 10⁹ bytes.
        @ExplicitNull public var memoryGb: Double?
        /// Thermal state before, as the system names it.
        @ExplicitNull public var thermalStart: String?
        /// Thermal state after.
        @ExplicitNull public var thermalEnd: String?
        /// Whether a power-saving mode was on.
        @ExplicitNull public var lowPower: Bool?

        enum CodingKeys: String, CodingKey {
            case kind, model, soc, os, cores
            case memoryGb = "memory_gb"
            case thermalStart = "thermal_start"
            case thermalEnd = "thermal_end"
            case lowPower = "low_power"
        }

        /// A phone; its thermal states are filled in by the runner.
        public init(
            kind: String = "iphone", model: String, soc: String?, os: String, cores: Int, memoryGb: Double?,
            lowPower: Bool?
        ) {
            self.kind = kind
            self.model = model
            self.soc = soc
            self.os = os
            self.cores = cores
            self.memoryGb = memoryGb
            self.thermalStart = nil
            self.thermalEnd = nil
            self.lowPower = lowPower
        }
    }

    /// How it was measured.
    public struct Run: Sendable, Equatable, Codable {
        /// Program that measured.
        public var tool: String
        /// What executed the file, with its version.
        public var engine: String
        /// Threads asked for, nil for the engine's own choice.
        @ExplicitNull public var threads: Int?
        /// `ComputeUnits`' raw value.
        public var computeUnitsRequested: String
        /// What the operators ran on in fact, nil where the engine does not tell.
        @ExplicitNull public var computeUnitsUsed: String?
        /// True when the times are those of an emulation, as in the simulator: they say nothing of a device.
        public var emulated: Bool
        /// Inferences before the first sample, the first one of all included.
        public var warmup: Int
        /// Inferences that were timed.
        public var iterations: Int
        /// Names of the models that took turns with this one.
        public var interleavedWith: [String]
        /// Stages inside a sample, `Stage`'s raw values.
        public var includes: [String]
        /// Whose rules of measuring were followed.
        public var `protocol`: String
        /// How the engine runs the model where it has several ways.
        public var mode: String
        /// What else the system told, in its own words.
        public var conditions: [String: String]

        enum CodingKeys: String, CodingKey {
            case tool, engine, threads, emulated, warmup, iterations, includes, `protocol`, mode, conditions
            case computeUnitsRequested = "compute_units_requested"
            case computeUnitsUsed = "compute_units_used"
            case interleavedWith = "interleaved_with"
        }
    }

    /// From the path to a session that is ready, milliseconds; nil where it was not measured.
    public struct LoadTimes: Sendable, Equatable, Codable {
        /// The first time, when the phone compiles or specialises the model.
        @ExplicitNull public var cold: Double?
        /// Again.
        @ExplicitNull public var warm: Double?

        /// Times in milliseconds.
        public init(cold: Double?, warm: Double?) {
            self.cold = cold
            self.warm = warm
        }
    }

    /// Resident memory, 10⁶ bytes.
    public struct Memory: Sendable, Equatable, Codable {
        /// Of the whole process while it ran.
        public var peakMb: Double
        /// Of the process before the model was opened.
        @ExplicitNull public var baseMb: Double?

        enum CodingKeys: String, CodingKey {
            case peakMb = "peak_mb"
            case baseMb = "base_mb"
        }

        /// Memory in 10⁶ bytes.
        public init(peakMb: Double, baseMb: Double?) {
            self.peakMb = peakMb
            self.baseMb = baseMb
        }
    }

    /// What one compute unit was given.
    public struct UnitShare: Sendable, Equatable, Codable {
        /// `cpu`, `gpu` or `ane`; on one device each once.
        public var unit: String
        /// How many of the model's operators.
        public var operators: Int
        /// Their part of the estimated cost, 0...1, as the system's compute plan tells it.
        @ExplicitNull public var costShare: Double?

        enum CodingKeys: String, CodingKey {
            case unit, operators
            case costShare = "cost_share"
        }

        /// What one unit was given.
        public init(unit: String, operators: Int, costShare: Double?) {
            self.unit = unit
            self.operators = operators
            self.costShare = costShare
        }
    }

    /// Operators of one kind.
    public struct OperatorTime: Sendable, Equatable, Codable {
        /// As the engine names it.
        public var kind: String
        /// Operators of this kind that ran for one inference.
        public var calls: Int
        /// All of them together, mean of an inference.
        public var ms: Double
        /// Of the time of all operators, 0...1.
        public var share: Double
    }

    /// Errors of this very file against labels, degrees.
    public struct Accuracy: Sendable, Equatable, Codable {
        /// Name of the labelled faces.
        public var dataset: String
        /// How many.
        public var n: Int
        /// Mean geodesic error.
        public var geodesicMeanDeg: Double
        /// 2.5th percentile of its bootstrap.
        @ExplicitNull public var geodesicLowDeg: Double?
        /// 97.5th percentile of its bootstrap.
        @ExplicitNull public var geodesicHighDeg: Double?
        /// Mean absolute error of yaw, pitch and roll, wrapped at ±360°.
        public var maeDeg: Double

        enum CodingKeys: String, CodingKey {
            case dataset, n
            case geodesicMeanDeg = "geodesic_mean_deg"
            case geodesicLowDeg = "geodesic_low_deg"
            case geodesicHighDeg = "geodesic_high_deg"
            case maeDeg = "mae_deg"
        }
    }
}
