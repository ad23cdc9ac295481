import Combine
import Foundation
import HeadPoseCore
import PhotosUI
import SwiftUI
import UIKit

/// The photo screen's model.
@MainActor
final class PhotoModel: ObservableObject {
    /// What is shown.
    enum State {
        /// Nothing was chosen.
        case empty
        /// It is being read.
        case reading
        /// Read; without heads there was no face.
        case done(UIImage, [StillHead])
        /// It could not be read, in one sentence.
        case failed(String)
    }

    /// What is shown.
    @Published private(set) var state = State.empty
    /// The picture with its heads, for the share sheet.
    @Published private(set) var file: URL?

    private let detector = VisionFaceDetector()
    private var data: Data?
    private var heads: [StillHead] = []
    private var size = PixelSize(width: 0, height: 0)
    private var task: Task<Void, Never>?

    /// Reads what the person picked.
    func read(_ item: PhotosPickerItem, _ estimator: CoreMLEstimator, _ style: DrawingStyle) {
        run { [self] in
            guard let data = try await item.loadTransferable(type: Data.self) else {
                throw HeadPoseError("this photo cannot be read: choose another one")
            }
            try await read(data, estimator, style)
        }
    }

    /// Reads the bundled example.
    func readExample(_ estimator: CoreMLEstimator, _ style: DrawingStyle) {
        run { [self] in try await read(try Example.data(), estimator, style) }
    }

    /// Draws in another way.
    func draw(_ style: DrawingStyle) {
        guard let data, let image = AnnotatedPicture.draw(heads, style, on: data, size) else { return }
        state = .done(image, heads)
        file = image.jpegData(compressionQuality: 0.92).flatMap { try? AppFolders.share($0, as: "headpose.jpg") }
    }

    private func run(_ work: @escaping @MainActor () async throws -> Void) {
        task?.cancel()
        (state, file) = (.reading, nil)
        task = Task { [weak self] in
            do {
                try await work()
            } catch {
                if !Task.isCancelled { self?.state = .failed(error.localizedDescription) }
            }
        }
    }

    private func read(_ data: Data, _ estimator: CoreMLEstimator, _ style: DrawingStyle) async throws {
        let picture = try await Task.detached(priority: .userInitiated) { try StillPicture.read(data) }.value
        let heads = try await StillReader.heads(
            of: picture.pixels, picture.geometry, detector: detector, estimator: estimator)
        try Task.checkCancellation()
        (self.data, self.heads, size) = (data, heads, picture.geometry.uprightSize)
        draw(style)
    }
}
