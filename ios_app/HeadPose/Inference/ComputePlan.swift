import CoreML
import Foundation
import HeadPoseCore

/// Where Core ML means to run a model's operators.
enum ComputePlan {
    /// Operators and estimated cost of each unit, the dearest first; empty before iOS 17.4, which cannot tell, and
    /// where there is no plan.
    static func placement(of compiled: URL, units: ComputeUnits) async -> [BenchmarkRecord.UnitShare] {
        guard #available(iOS 17.4, *) else { return [] }
        let configuration = MLModelConfiguration()
        configuration.computeUnits = units.coreML
        guard let plan = try? await MLComputePlan.load(contentsOf: compiled, configuration: configuration),
            case .program(let program) = plan.modelStructure
        else { return [] }
        return Placement.shares(of: program.functions.values.flatMap { operators(of: $0.block, plan) })
    }

    @available(iOS 17.4, *)
    private static func operators(
        of block: MLModelStructure.Program.Block, _ plan: MLComputePlan
    ) -> [PlannedOperator] {
        block.operations.flatMap { operation in
            let planned = PlannedOperator(
                unit: plan.deviceUsage(for: operation).map { name(of: $0.preferred) },
                cost: plan.estimatedCost(of: operation)?.weight)
            return [planned] + operation.blocks.flatMap { operators(of: $0, plan) }
        }
    }

    @available(iOS 17.4, *)
    private static func name(of device: MLComputeDevice) -> String {
        switch device {
        case .cpu: "cpu"
        case .gpu: "gpu"
        case .neuralEngine: "ane"
        @unknown default: "other"
        }
    }
}
