import HeadPoseCore
import SwiftUI

/// What a model says of itself.
struct ModelFactsSection: View {
    let file: ModelFile
    let facts: ModelFacts

    var body: some View {
        Section {
            row("Name", facts.name)
            row("Weights", facts.checkpoint.source)
            row("Training data", facts.checkpoint.trainingData)
            row("Licence of the weights", facts.checkpoint.licence)
            row("Licence of the graph", facts.license)
            row("Made", facts.created)
            if let parity { row("Distance from PyTorch, largest", parity) }
            row("Hash of the package", file.entry?.sha256 ?? String(localized: "not listed in a manifest"))
            row("Hash of the weights", facts.checkpoint.sha256)
            if let commit = facts.git["commit"]?.string { row("Commit", commit) }
            if !facts.checkpoint.trained { UntrainedNote() }
        } header: {
            Text("What it says of itself")
        }
    }

    private var parity: String? {
        facts.parity?["max_deg"]?.double.map { "\($0.shown(3))°" }
    }

    private func row(_ name: LocalizedStringKey, _ value: String) -> some View {
        VStack(alignment: .leading, spacing: 2) {
            Text(name).font(.caption).foregroundStyle(.secondary)
            Text(verbatim: value).font(.footnote).textSelection(.enabled)
        }
        .accessibilityElement(children: .combine)
    }
}

/// Where Core ML means to run the operators.
struct PlacementSection: View {
    let shares: [BenchmarkRecord.UnitShare]

    var body: some View {
        Section {
            ForEach(shares, id: \.unit) { share in
                HStack {
                    Text(verbatim: UnitName.title(share.unit))
                    Spacer()
                    Text("\(share.operators.shown) operators")
                    if let cost = share.costShare { Text("\(cost.percent) of the cost") }
                }
                .font(.callout.monospacedDigit())
                .accessibilityElement(children: .combine)
            }
        } header: {
            Text("Compute plan")
        } footer: {
            Text("What Core ML plans and estimates; single operators may run elsewhere.")
        }
    }
}

/// Whether this phone reads what Python reads from the example photograph.
struct VerdictView: View {
    let verdict: SelfCheckVerdict?

    var body: some View {
        switch verdict {
        case nil:
            ProgressView("Checking with the example photo…")
        case .passed(let degrees)?:
            Label(
                "Self-check passed: \(degrees.shown(2))° from Python's reading", systemImage: "checkmark.seal"
            )
            .foregroundStyle(.green)
            .accessibilityIdentifier("self-check")
        case .failed(let degrees, let tolerance)?:
            Label(
                "Self-check failed: \(degrees.shown(2))° from Python's reading, \(tolerance.shown(1))° are right",
                systemImage: "xmark.seal"
            )
            .foregroundStyle(.red)
            .accessibilityIdentifier("self-check")
        case .unknownWeights?:
            Label(
                "No self-check: Python has not read the example with these weights", systemImage: "questionmark.circle")
        case .error(let message)?:
            Label {
                Text(verbatim: message)
            } icon: {
                Image(systemName: "xmark.seal")
            }
            .foregroundStyle(.red)
        }
    }
}
