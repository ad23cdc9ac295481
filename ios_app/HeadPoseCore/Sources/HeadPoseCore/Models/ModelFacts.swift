import Foundation

/// What an artefact says of itself: the record in its manifest line and in its own metadata (key `headpose`).
public struct ModelFacts: Sendable, Equatable, Codable {
    /// Version of the record that this app reads.
    public static let schemaVersion = 1
    /// Key of the record in a Core ML model's user-defined metadata.
    public static let metadataKey = "headpose"

    /// What the network gives.
    public enum Output: String, Sendable, Codable {
        /// (1, 3, 3), the matrix.
        case rotation
        /// (1, 6), see `SixD`.
        case sixd
    }

    /// Where the weights came from.
    public struct Checkpoint: Sendable, Equatable, Codable {
        /// File name, or `default-m4` and the like.
        public var source: String
        /// Hash of the weights.
        public var sha256: String
        /// False for seeded weights: the poses mean nothing, and a person must be told.
        public var trained: Bool
        /// Data that the weights were fitted to.
        public var trainingData: String
        /// Licence of the weights.
        public var licence: String

        enum CodingKeys: String, CodingKey {
            case source, sha256, trained, licence
            case trainingData = "training_data"
        }
    }

    /// <model>_<backbone>_<precision>, also the file's stem.
    public var name: String
    /// Network family.
    public var model: String
    /// Backbone name, `repnext_m4`.
    public var backbone: String
    /// `coreml`, `onnx` or `tflite`.
    public var target: String
    /// `fp16`, …
    public var precision: String
    /// What the network gives.
    public var output: Output
    /// Side of the square input in pixels.
    public var inputSize: Int
    /// Input contract: name, layout, channels, range, shape.
    public var input: JSONValue
    /// Mean and deviation that are inside the graph: nothing to do for the app.
    public var normalization: JSONValue
    /// The crop rule to apply to a face's box.
    public var crop: CropRule
    /// Conventions in words and formulas.
    public var conventions: [String: String]
    /// The weights.
    public var checkpoint: Checkpoint
    /// Commit of the exporter and whether its tree was dirty.
    public var git: JSONValue
    /// Versions of the packages that made the file.
    public var tools: [String: String]
    /// UTC time, ISO 8601.
    public var created: String
    /// Figures of the parity check (`mean_deg`, `max_deg`, `passed`, …), nil before it ran.
    @ExplicitNull public var parity: JSONValue?
    /// How the numbers were made smaller, nil for float files.
    @ExplicitNull public var quantization: JSONValue?
    /// Errors against labels, nil if they were not measured.
    @ExplicitNull public var accuracy: JSONValue?
    /// Licence of the graph.
    public var license: String
    /// Version of the record.
    public var schema: Int

    enum CodingKeys: String, CodingKey {
        case name, model, backbone, target, precision, output, input, normalization, crop, conventions, checkpoint, git
        case tools, created, parity, quantization, accuracy, license, schema
        case inputSize = "input_size"
    }

    /// The record inside a model's own metadata.
    ///
    /// - Throws: `HeadPoseError` naming `what` if it is damaged or of another version.
    public static func read(_ data: Data, what: String) throws -> ModelFacts {
        try readJSON(ModelFacts.self, data, what: "the metadata of \(what)", advice: "export it again").checked(what)
    }

    func checked(_ what: String) throws -> ModelFacts {
        guard schema == ModelFacts.schemaVersion else {
            throw HeadPoseError(
                "\(what) has metadata of schema \(schema), this version reads \(ModelFacts.schemaVersion): export it again"
            )
        }
        return self
    }

    /// The rotation of what the network gave, row after row.
    ///
    /// - Throws: `HeadPoseError` for another count than `output` has, or numbers that are not finite.
    public func rotation(fromOutput values: [Double]) throws -> Matrix3 {
        switch output {
        case .rotation: try Matrix3(rowMajor: values)
        case .sixd: try SixD(values).rotation
        }
    }

    /// The facts that a benchmark record keeps, of a file whose hash and size are known.
    public func recordModel(sha256: String, sizeBytes: Int) -> BenchmarkRecord.Model {
        BenchmarkRecord.Model(
            name: name, backbone: backbone, target: target, precision: precision, inputSize: inputSize, sha256: sha256,
            sizeBytes: sizeBytes, trained: checkpoint.trained, checkpointSha256: checkpoint.sha256, git: git)
    }
}
