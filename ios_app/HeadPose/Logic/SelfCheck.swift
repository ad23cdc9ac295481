import Foundation
import HeadPoseCore

/// What the Python tools read from the bundled photograph with the shipped weights: golden.json.
struct Golden: Sendable, Equatable, Codable {
    /// The photograph and where it comes from.
    struct Picture: Sendable, Equatable, Codable {
        /// Name of the file beside this one.
        var file: String
        /// Of the upright picture.
        var width: Int
        /// Of the upright picture.
        var height: Int
        /// Who and what is seen.
        var title: String
        /// Where it comes from.
        var origin: String
        /// Under which terms.
        var licence: String
    }

    /// One reading.
    struct Pose: Sendable, Equatable, Codable {
        /// Backbone of the weights.
        var backbone: String
        /// Hash of the weights: other weights read another pose.
        var checkpointSha256: String
        /// Row after row.
        var rotation: [Double]
        /// What read it.
        var reader: String

        enum CodingKeys: String, CodingKey {
            case backbone, rotation, reader
            case checkpointSha256 = "checkpoint_sha256"
        }
    }

    /// Version that this app reads.
    static let schemaVersion = 1
    /// Name of the file.
    static let fileName = "golden.json"

    /// Version of the file.
    var schema: Int
    /// The photograph.
    var image: Picture
    /// Left, top, right, bottom of the face, pixels, as Python's detector found it.
    var faceBox: [Double]
    /// Largest error that is right for a precision, degrees.
    var toleranceDeg: [String: Double]
    /// One for each set of weights.
    var poses: [Pose]

    enum CodingKeys: String, CodingKey {
        case schema, image, poses
        case faceBox = "face_box"
        case toleranceDeg = "tolerance_deg"
    }

    /// Reads the file.
    ///
    /// - Throws: `HeadPoseError` in one sentence if it is damaged or of another version.
    static func read(_ data: Data) throws -> Golden {
        guard let golden = try? JSONDecoder().decode(Golden.self, from: data), golden.schema == schemaVersion,
            golden.faceBox.count == 4
        else { throw HeadPoseError("\(fileName) cannot be read: build the app again from its sources") }
        return golden
    }

    /// The face.
    var face: PixelBox { PixelBox(left: faceBox[0], top: faceBox[1], right: faceBox[2], bottom: faceBox[3]) }
    /// How the photograph lies: upright.
    var geometry: FrameGeometry { FrameGeometry(bufferSize: PixelSize(width: image.width, height: image.height)) }
}

/// What came of comparing this phone's reading with Python's.
enum SelfCheckVerdict: Sendable, Equatable {
    /// As near as it should be, degrees.
    case passed(errorDegrees: Double)
    /// Too far away, degrees.
    case failed(errorDegrees: Double, toleranceDegrees: Double)
    /// There is nothing to compare these weights with.
    case unknownWeights
    /// It did not come to a reading, in one sentence.
    case error(String)
}

/// Compares a model on this phone with what Python read from the same photograph.
enum SelfCheck {
    /// Reads the photograph with an estimator and judges.
    static func run<Image: Sendable>(
        _ golden: Golden, image: Image, facts: ModelFacts, estimator: any PoseEstimator<Image>
    ) async -> SelfCheckVerdict {
        guard let pose = golden.poses.first(where: { $0.checkpointSha256 == facts.checkpoint.sha256 }),
            let tolerance = golden.toleranceDeg[facts.precision]
        else { return .unknownWeights }
        do {
            let crop = try CropTransform(
                face: golden.face, geometry: golden.geometry, rule: facts.crop, inputSize: facts.inputSize)
            let frame = Frame(image: image, timeSeconds: 0, geometry: golden.geometry)
            let read = try await estimator.estimate(frame, crop: crop).rotation
            let error = read.geodesicDegrees(to: try Matrix3(rowMajor: pose.rotation))
            return error <= tolerance
                ? .passed(errorDegrees: error) : .failed(errorDegrees: error, toleranceDegrees: tolerance)
        } catch {
            return .error(error.localizedDescription)
        }
    }
}
