import Foundation
import HeadPoseCore

/// What the person chose, kept on the phone between starts.
struct Preferences: Sendable, Equatable, Codable {
    /// Identifier of the model; nil for the app's own choice.
    var model: String?
    /// Compute units to ask for.
    var units = ComputeUnits.all
    /// Axes or cube.
    var style = DrawingStyle.axes
    /// Whether heads are smoothed.
    var smooths = true
    /// Which camera looks.
    var side = CameraSide.front
    /// Whether the figures lie over the picture.
    var showsFigures = true

    /// Name under which they are kept.
    static let key = "preferences"

    /// As they were kept; as they are at first if nothing, or nothing that can be read, was kept.
    static func read(_ store: UserDefaults = .standard) -> Preferences {
        store.data(forKey: key).flatMap { try? JSONDecoder().decode(Preferences.self, from: $0) } ?? Preferences()
    }

    /// Keeps them.
    func keep(_ store: UserDefaults = .standard) {
        if let data = try? JSONEncoder().encode(self) { store.set(data, forKey: Preferences.key) }
    }

    /// For the pipeline.
    var pipeline: PipelineSettings { PipelineSettings(smoothing: smooths ? .standard : .off) }
}
