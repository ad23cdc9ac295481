/// Compute units of Core ML, by the names that Swift gives the cases of `MLComputeUnits`.
public enum ComputeUnits: String, Sendable, CaseIterable, Codable {
    /// Whatever the system thinks best.
    case all
    /// No GPU.
    case cpuAndNeuralEngine
    /// No Neural Engine.
    case cpuAndGPU
    /// The processor alone.
    case cpuOnly

    /// The unit whose work is the point of the choice; nil where any will do.
    private var wanted: String? {
        switch self {
        case .cpuAndNeuralEngine: "ane"
        case .cpuAndGPU: "gpu"
        case .all, .cpuOnly: nil
        }
    }

    private var allowed: Set<String> {
        switch self {
        case .all: ["ane", "gpu", "cpu"]
        case .cpuAndNeuralEngine: ["ane", "cpu"]
        case .cpuAndGPU: ["gpu", "cpu"]
        case .cpuOnly: ["cpu"]
        }
    }

    /// Why figures are not those of these units, by what the compute plan gave the operators to; empty if they are, or if
    /// nothing tells.
    public func reasons(against placement: [BenchmarkRecord.UnitShare]) -> [String] {
        let got = Set(placement.filter { $0.operators > 0 }.map(\.unit))
        if let wanted, !got.isEmpty, !got.contains(wanted) {
            return [
                "backend not what was asked for: \(rawValue), but the compute plan gives no operator to the \(wanted)"
            ]
        }
        let foreign = got.subtracting(allowed).sorted().joined(separator: ", ")
        if foreign.isEmpty { return [] }
        return ["backend not what was asked for: \(rawValue), but the compute plan gives operators to the \(foreign)"]
    }
}
