import Foundation
import HeadPoseCore
import XCTest

@testable import HeadPose

/// Models that were built into the app that hosts these tests.
enum ModelOnDevice {
    /// All of them; a test without any is skipped, and says how to get some.
    static func all() throws -> [ModelFile] {
        let shelf = ModelShelf(bundled: AppFolders.bundled, imported: AppFolders.imported)
        let files = shelf.files.filter { $0.origin == .bundled }
        guard !files.isEmpty else {
            throw XCTSkip("there is no model in the app: run  headpose export --install ios  and build again")
        }
        return files
    }

    /// The one of this name.
    static func named(_ name: String) throws -> ModelFile {
        let files = try all()
        guard let file = files.first(where: { $0.name == name }) else {
            throw HeadPoseError(
                "\(name) is not in the app (there is \(files.map(\.name).joined(separator: ", "))): build it with the model in HeadPose/Models"
            )
        }
        return file
    }
}
