import Charts
import HeadPoseCore
import SwiftUI

/// Where the measurement is, with its newest times.
struct BenchmarkProgressView: View {
    let state: BenchmarkSession.State

    var body: some View {
        Section {
            if let running = state.running, state.jobs.indices.contains(running) {
                let job = state.jobs[running]
                Text(
                    "\((running + 1).shown) of \(state.jobs.count.shown): \(job.model.name), \(job.units.title), \(job.rules.name)"
                )
                .font(.callout)
            }
            step
            if !state.samplesMs.isEmpty { BenchmarkChart(samplesMs: state.samplesMs) }
        } header: {
            Text("Now")
        }
    }

    @ViewBuilder private var step: some View {
        switch state.progress {
        case nil:
            ProgressView("Opening the model…")
        case .coolingDown(let thermal, let seconds)?:
            Label {
                Text("Cooling down for \(seconds.shown(0)) s, the phone is \(thermal.title)")
            } icon: {
                Image(systemName: thermal.symbol)
            }
        case .opening(let round, let rounds)?:
            Text("Opening the model, round \(round.shown) of \(rounds.shown)")
        case .measuring(let done, let all, _)?:
            ProgressView(value: Double(done), total: Double(max(all, done, 1))) {
                Text("\(done.shown) of \(all.shown) inferences")
            }
        }
    }
}

/// The newest inferences as dots.
private struct BenchmarkChart: View {
    let samplesMs: [Double]

    var body: some View {
        Chart(Array(samplesMs.enumerated()), id: \.offset) { sample in
            PointMark(
                x: .value(String(localized: "Inference"), sample.offset),
                y: .value(String(localized: "Milliseconds"), sample.element))
        }
        .frame(height: 160)
        .accessibilityLabel(Text("The newest inference times in milliseconds"))
    }
}
