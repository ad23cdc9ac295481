import HeadPoseCore
import SwiftUI

/// Measures models on this phone.
struct BenchmarkView: View {
    @EnvironmentObject private var app: AppModel
    @Environment(\.scenePhase) private var phase
    @StateObject private var model = BenchmarkModel()

    var body: some View {
        NavigationStack {
            Form {
                if app.shelf.files.isEmpty {
                    NoModelView()
                } else {
                    if Phone.isSimulator {
                        Text("A simulator's times say nothing of a phone; its results are marked invalid.")
                            .foregroundStyle(.orange)
                    }
                    BenchmarkChoice(model: model)
                    if model.isRunning { BenchmarkProgressView(state: model.state) }
                    BenchmarkResults(model: model)
                }
            }
            .navigationTitle(Text("Benchmark"))
        }
        .onAppear { if model.models.isEmpty, let file = app.file { model.models = [file.id] } }
        .onChange(of: phase) { now in if now == .background { model.cancel() } }
    }
}

/// Which models, units and rules.
private struct BenchmarkChoice: View {
    @ObservedObject var model: BenchmarkModel
    @EnvironmentObject private var app: AppModel

    var body: some View {
        Section {
            Picker("Rules", selection: $model.preset) {
                ForEach(BenchmarkPreset.all) { Text(verbatim: $0.title).tag($0.id) }
            }
            if model.plan(app.shelf.files).differs(fromPublishedOn: Phone.identifier) {
                Text(
                    "The published figures are of another phone: yours are measured in the same way, not on the same device."
                )
                .font(.footnote)
            }
        }
        Section {
            ForEach(app.shelf.files) { file in
                Toggle(isOn: $model.models[contains: file.id]) { Text(verbatim: file.name) }
            }
        } header: {
            Text("Models")
        }
        Section {
            ForEach(ComputeUnits.allCases, id: \.self) { unit in
                Toggle(isOn: $model.units[contains: unit]) { Text(verbatim: unit.title) }
            }
        } header: {
            Text("Compute units")
        }
        Section {
            let jobs = model.plan(app.shelf.files).jobs.count
            if model.isRunning {
                Button("Stop", role: .destructive) { model.cancel() }
            } else {
                Button("Measure \(jobs.shown) times") { model.start(app.shelf.files) }
                    .disabled(jobs == 0)
                    .accessibilityIdentifier("measure")
            }
        } footer: {
            Text(
                "Leave the phone alone meanwhile, unplugged and out of its case. It cools down before each measurement."
            )
        }
    }
}

extension Set {
    /// Whether an element is in it; setting puts it in or takes it out. For toggles.
    subscript(contains element: Element) -> Bool {
        get { contains(element) }
        set {
            if newValue { insert(element) } else { remove(element) }
        }
    }
}
