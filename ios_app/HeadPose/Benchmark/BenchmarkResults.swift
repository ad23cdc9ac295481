import HeadPoseCore
import SwiftUI

/// The result table, and the way out of the app.
struct BenchmarkResults: View {
    @ObservedObject var model: BenchmarkModel

    var body: some View {
        if !model.state.rows.isEmpty || !model.state.errors.isEmpty {
            Section {
                ForEach(model.state.rows) { BenchmarkRowView(row: $0) }
                ForEach(failures, id: \.id) { failure in
                    VStack(alignment: .leading) {
                        Text(verbatim: failure.name).font(.callout)
                        Text(verbatim: failure.text).font(.footnote).foregroundStyle(.red)
                    }
                }
                if model.state.isCancelled { Text("Stopped: the others were not measured.") }
            } header: {
                Text("Results")
            }
        }
        if let file = model.file {
            Section {
                ShareLink(item: file) { Label("Share the results as JSON", systemImage: "square.and.arrow.up") }
                    .accessibilityIdentifier("share-results")
            } footer: {
                Text(
                    "The file fits the project's schema: headpose bench reads it. It tells the phone's model and system, and nothing of you."
                )
            }
        }
        if let problem = model.problem { Text(verbatim: problem).foregroundStyle(.red) }
    }

    private var failures: [(id: String, name: String, text: String)] {
        model.state.jobs.compactMap { job in
            model.state.errors[job.id].map { (job.id, "\(job.model.name), \(job.units.title)", $0) }
        }
    }
}

/// One measurement.
private struct BenchmarkRowView: View {
    let row: BenchmarkRow

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            HStack(alignment: .firstTextBaseline) {
                Text(verbatim: row.model).font(.callout.bold())
                Spacer()
                if let quoted = row.quotedMs {
                    Text("\(quoted.shown(2)) ms").font(.headline.monospacedDigit())
                }
            }
            Text("\(row.units.title), rules \(row.rules)")
            if let used = row.used { Text("Planned on: \(used)") }
            Text("median \(row.p50.shown(2)), p90 \(text(row.p90)), p99 \(text(row.p99)) ms")
                .monospacedDigit()
            ForEach(row.reasons, id: \.self) { reason in
                Label {
                    Text(verbatim: reason)
                } icon: {
                    Image(systemName: "exclamationmark.triangle")
                }
                .foregroundStyle(.orange)
            }
        }
        .font(.footnote)
        .accessibilityElement(children: .combine)
    }

    private func text(_ value: Double?) -> String { value?.shown(2) ?? "–" }
}
