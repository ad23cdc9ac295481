import Foundation
import HeadPoseCore
import UIKit

/// The bundled photograph and what Python read from it.
enum Example {
    /// golden.json.
    static func golden() throws -> Golden {
        guard let url = Bundle.main.url(forResource: "golden", withExtension: "json") else {
            throw HeadPoseError("\(Golden.fileName) is not in the app: build it again from its sources")
        }
        return try Golden.read(Data(contentsOf: url))
    }

    /// The photograph's file.
    static func data() throws -> Data {
        guard let url = Bundle.main.url(forResource: "example", withExtension: "jpg") else {
            throw HeadPoseError("the example photograph is not in the app: build it again from its sources")
        }
        return try Data(contentsOf: url)
    }

    /// Compares a model with Python's reading.
    static func check(_ facts: ModelFacts, _ estimator: CoreMLEstimator) async -> SelfCheckVerdict {
        do {
            let golden = try golden()
            let picture = try StillPicture.read(try data())
            return await SelfCheck.run(golden, image: picture.pixels, facts: facts, estimator: estimator)
        } catch {
            return .error(error.localizedDescription)
        }
    }
}
