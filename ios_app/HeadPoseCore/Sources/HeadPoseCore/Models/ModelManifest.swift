import Foundation

/// One line of a manifest: a file, its hash and size, and what is embedded in it.
@dynamicMemberLookup
public struct ModelEntry: Sendable, Equatable, Codable {
    /// Name of the file or package, without a folder.
    public var file: String
    /// SHA-256 of a file, or of a package's names and contents in order.
    public var sha256: String
    /// Size on disk.
    public var sizeBytes: Int
    /// What is embedded in it.
    public var facts: ModelFacts

    enum CodingKeys: String, CodingKey {
        case file, sha256
        case sizeBytes = "size_bytes"
    }

    /// Reads one flat object.
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: CodingKeys.self)
        file = try box.decode(String.self, forKey: .file)
        sha256 = try box.decode(String.self, forKey: .sha256)
        sizeBytes = try box.decode(Int.self, forKey: .sizeBytes)
        facts = try ModelFacts(from: decoder)
    }

    /// Writes one flat object.
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: CodingKeys.self)
        try box.encode(file, forKey: .file)
        try box.encode(sha256, forKey: .sha256)
        try box.encode(sizeBytes, forKey: .sizeBytes)
        try facts.encode(to: encoder)
    }

    /// A fact by its name: `entry.precision`.
    public subscript<Value>(dynamicMember path: KeyPath<ModelFacts, Value>) -> Value { facts[keyPath: path] }

    /// The facts that a benchmark record keeps.
    public var recordModel: BenchmarkRecord.Model { facts.recordModel(sha256: sha256, sizeBytes: sizeBytes) }
}

/// manifest.json: every artefact of a folder.
public struct ModelManifest: Sendable, Equatable, Codable {
    /// Name of the file.
    public static let fileName = "manifest.json"
    /// Version that this app reads.
    public static let schemaVersion = 1

    /// Version of the manifest.
    public var schema: Int
    /// One line for each file, sorted by file name.
    public var artifacts: [ModelEntry]

    /// Reads a manifest.
    ///
    /// - Throws: `HeadPoseError` in one sentence if it is damaged or of another version.
    public static func read(_ data: Data, what: String = fileName) throws -> ModelManifest {
        let advice = "export again with  headpose export"
        let manifest = try readJSON(ModelManifest.self, data, what: what, advice: advice)
        guard manifest.schema == schemaVersion else {
            throw HeadPoseError(
                "\(what) cannot be read (schema \(manifest.schema), this version reads \(schemaVersion)): \(advice)")
        }
        for entry in manifest.artifacts { _ = try entry.facts.checked(entry.file) }
        return manifest
    }

    /// Reads the manifest of a folder.
    ///
    /// - Throws: `HeadPoseError` in one sentence if there is none, or it is damaged.
    public static func read(folder: URL) throws -> ModelManifest {
        let file = folder.appendingPathComponent(fileName)
        guard let data = try? Data(contentsOf: file) else {
            throw HeadPoseError(
                "there is no \(fileName) in \(folder.lastPathComponent): make one with  headpose export")
        }
        return try read(data, what: "\(folder.lastPathComponent)/\(fileName)")
    }
}
