import HeadPoseCore

/// Where one operator of a model goes, as a compute plan says it.
struct PlannedOperator: Sendable, Equatable {
    /// `ane`, `gpu` or `cpu`; nil for one that is not computed, as a constant.
    let unit: String?
    /// Its part of the estimated cost, 0...1; nil where the plan does not tell.
    let cost: Double?
}

/// How a model's operators are shared out.
enum Placement {
    /// Operators and cost of each unit, the dearest first; empty for a plan without operators.
    ///
    /// Costs are those of a plan, not of a run: what is *preferred* for an operator is not always what ran it.
    static func shares(of operators: [PlannedOperator]) -> [BenchmarkRecord.UnitShare] {
        let placed = operators.filter { $0.unit != nil }
        let total = placed.compactMap(\.cost).reduce(0, +)
        let units = Dictionary(grouping: placed) { $0.unit ?? "" }
        return units.map { unit, members in
            let cost = members.compactMap(\.cost).reduce(0, +)
            return BenchmarkRecord.UnitShare(
                unit: unit, operators: members.count, costShare: total > 0 ? min(1, cost / total) : nil)
        }
        .sorted { ($1.costShare ?? 0, $1.operators, $0.unit) < ($0.costShare ?? 0, $0.operators, $1.unit) }
    }
}
