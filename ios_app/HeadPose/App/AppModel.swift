import Combine
import Foundation
import HeadPoseCore
import SwiftUI

/// What all screens share: the models, the one that is used, what the person chose.
@MainActor
final class AppModel: ObservableObject {
    /// The model that is used.
    enum Use: Equatable {
        /// There is none.
        case none
        /// It is being opened.
        case loading
        /// It is open.
        case ready(ModelFacts)
        /// It could not be opened, in one sentence.
        case failed(String)
    }

    /// What the person chose; kept at each change.
    @Published var preferences = Preferences.read() { didSet { preferences.keep() } }
    /// Models that are there.
    @Published private(set) var shelf = ModelShelf.empty
    /// The model that is used.
    @Published private(set) var file: ModelFile?
    /// Its state.
    @Published private(set) var use = Use.none
    /// Where its operators go, once the plan is known.
    @Published private(set) var placement: [BenchmarkRecord.UnitShare] = []
    /// What came of comparing it with Python's reading.
    @Published private(set) var verdict: SelfCheckVerdict?
    /// The last thing that went wrong while models were taken in or deleted.
    @Published var problem: String?
    /// The system ran out of memory.
    @Published var isShortOfMemory = false

    /// Reads poses, once the model is open.
    private(set) var estimator: CoreMLEstimator?
    private var loading: Task<Void, Never>?

    /// Looks for models again, and opens the chosen one if it is not open.
    func refresh() {
        shelf = ModelShelf(bundled: AppFolders.bundled, imported: AppFolders.imported)
        let picked = shelf.pick(preferences.model)
        if picked != file || picked == nil { open(picked) }
    }

    /// Uses another model.
    func choose(_ picked: ModelFile) {
        preferences.model = picked.id
        if picked != file { open(picked) }
    }

    /// Asks for other compute units.
    func choose(_ units: ComputeUnits) {
        guard units != preferences.units else { return }
        preferences.units = units
        open(file)
    }

    /// Takes in a package from Files and uses it.
    func take(_ url: URL) async {
        do {
            try await ModelLoader.take(url)
            preferences.model = "\(ModelFile.Origin.imported.rawValue)/\(url.deletingPathExtension().lastPathComponent)"
            file = nil
        } catch {
            problem = error.localizedDescription
        }
        refresh()
    }

    /// Deletes a model that came from Files.
    func delete(_ old: ModelFile) {
        do {
            try ModelLoader.forget(old)
        } catch {
            problem = error.localizedDescription
        }
        refresh()
    }

    /// Opens the model again, as after a failure.
    func retry() { open(file) }

    private func open(_ picked: ModelFile?) {
        loading?.cancel()
        (file, estimator, verdict, placement) = (picked, nil, nil, [])
        guard let picked else {
            use = .none
            return
        }
        use = .loading
        let units = preferences.units
        loading = Task { [weak self] in
            do {
                let loaded = try await ModelLoader.load(picked, units: units)
                let estimator = try CoreMLEstimator(loaded)
                guard !Task.isCancelled else { return }
                self?.estimator = estimator
                self?.use = .ready(loaded.facts)
                await self?.examine(loaded, estimator)
            } catch {
                if !Task.isCancelled { self?.use = .failed(error.localizedDescription) }
            }
        }
    }

    private func examine(_ loaded: LoadedModel, _ estimator: CoreMLEstimator) async {
        let verdict = await Example.check(loaded.facts, estimator)
        let placement = await ComputePlan.placement(of: loaded.compiled, units: loaded.units)
        guard !Task.isCancelled else { return }
        (self.verdict, self.placement) = (verdict, placement)
    }
}

/// For pickers and alerts.
extension AppModel {
    /// Backbone of the model in use.
    var chosenBackbone: String {
        get { file?.backboneKey ?? "" }
        set { shelf.file(ofBackbone: newValue, like: file).map { choose($0) } }
    }

    /// Identifier of the model in use.
    var chosenFile: String {
        get { file?.id ?? "" }
        set { shelf.files.first { $0.id == newValue }.map { choose($0) } }
    }

    /// Compute units that are asked for.
    var chosenUnits: ComputeUnits {
        get { preferences.units }
        set { choose(newValue) }
    }

    /// Whether something went wrong that the person has not seen yet.
    var hasProblem: Bool {
        get { problem != nil }
        set { if !newValue { problem = nil } }
    }
}
