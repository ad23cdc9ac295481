import Combine
import Foundation
import HeadPoseCore
import UIKit

/// The benchmark screen's model.
@MainActor
final class BenchmarkModel: ObservableObject {
    /// What runs and what came of it.
    @Published private(set) var state = BenchmarkSession.State()
    /// Models that are ticked.
    @Published var models: Set<String> = []
    /// Compute units that are ticked.
    @Published var units: Set<ComputeUnits> = [.all]
    /// Rules of measuring, by name.
    @Published var preset = BenchmarkPreset.ours.id { didSet { units = Set(chosen.computeUnits) } }
    /// The results as JSON, for the share sheet.
    @Published private(set) var file: URL?
    /// Why the results could not be written.
    @Published private(set) var problem: String?

    private let session = BenchmarkSession(runner: BenchmarkBench.runner()) { try await BenchmarkBench.subject($0) }

    init() {
        session.onChange = { [weak self] in self?.state = $0 }
    }

    /// The chosen rules.
    var chosen: BenchmarkPreset { BenchmarkPreset.all.first { $0.id == preset } ?? .ours }
    /// Whether something is being measured.
    var isRunning: Bool { state.running != nil }

    /// What would be measured.
    func plan(_ files: [ModelFile]) -> BenchmarkPlan {
        BenchmarkPlan(
            models: files.filter { models.contains($0.id) },
            units: ComputeUnits.allCases.filter { units.contains($0) }, preset: chosen)
    }

    /// Measures; the screen stays on meanwhile.
    func start(_ files: [ModelFile]) {
        (file, problem) = (nil, nil)
        session.start(plan(files).jobs)
        UIApplication.shared.isIdleTimerDisabled = true
        Task {
            await session.finished()
            UIApplication.shared.isIdleTimerDisabled = false
            write()
        }
    }

    /// Stops soon; what was measured stays.
    func cancel() { session.cancel() }

    private func write() {
        guard !state.results.isEmpty else { return }
        do {
            file = try AppFolders.share(try session.json(), as: BenchmarkOrder.attachment)
        } catch {
            problem = error.localizedDescription
        }
    }
}
