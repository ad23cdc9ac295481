import Foundation
import HeadPoseCore

/// The manifest of models that were opened from Files: written here, read as any other.
enum ImportedManifest {
    /// Puts a model's line into the manifest of a folder, in place of an older line of that file.
    ///
    /// - Parameters:
    ///   - file: name of the package in the folder.
    ///   - sha256: its hash.
    ///   - sizeBytes: its size.
    ///   - facts: what its own metadata says.
    ///   - folder: the folder; a damaged manifest there is replaced, its models then tell by their metadata.
    /// - Throws: what writing throws.
    static func add(file: String, sha256: String, sizeBytes: Int, facts: ModelFacts, to folder: URL) throws {
        let kept = lines(of: folder).filter { $0["file"]?.string != file }
        guard case .object(var line) = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(facts))
        else {
            throw HeadPoseError("the facts of \(file) are no object: export it again")
        }
        line["file"] = .string(file)
        line["sha256"] = .string(sha256)
        line["size_bytes"] = .integer(Int64(sizeBytes))
        try write(kept + [.object(line)], to: folder)
    }

    /// Takes a model's line out.
    static func remove(file: String, from folder: URL) throws {
        try write(lines(of: folder).filter { $0["file"]?.string != file }, to: folder)
    }

    private static func lines(of folder: URL) -> [JSONValue] {
        guard (try? ModelManifest.read(folder: folder)) != nil,
            let data = try? Data(contentsOf: folder.appendingPathComponent(ModelManifest.fileName)),
            let whole = try? JSONDecoder().decode(JSONValue.self, from: data),
            case .array(let lines)? = whole["artifacts"]
        else { return [] }
        return lines
    }

    private static func write(_ lines: [JSONValue], to folder: URL) throws {
        let sorted = lines.sorted { ($0["file"]?.string ?? "") < ($1["file"]?.string ?? "") }
        let whole = JSONValue.object([
            "schema": .integer(Int64(ModelManifest.schemaVersion)), "artifacts": .array(sorted),
        ])
        let file = folder.appendingPathComponent(ModelManifest.fileName)
        try CanonicalJSON.data(whole).write(to: file, options: .atomic)
    }
}
