import CoreML
import CryptoKit
import Foundation
import HeadPoseCore

/// Opens models, compiles packages first, and takes in new ones.
enum ModelLoader {
    /// Opens a model for a choice of compute units.
    ///
    /// - Throws: `HeadPoseError` in one sentence, or Core ML's error.
    static func load(_ file: ModelFile, units: ComputeUnits) async throws -> LoadedModel {
        let compiled = try await compiled(file)
        let configuration = MLModelConfiguration()
        configuration.computeUnits = units.coreML
        let model = try await MLModel.load(contentsOf: compiled, configuration: configuration)
        return try LoadedModel(model, compiled: compiled, units: units)
    }

    /// The compiled form of a model, made once and kept beside the caches.
    static func compiled(_ file: ModelFile) async throws -> URL {
        if file.isCompiled { return file.url }
        let kept = AppFolders.compiled.appendingPathComponent("\(file.origin.rawValue)-\(file.name)")
            .appendingPathExtension(ModelFile.compiled)
        if FileManager.default.fileExists(atPath: kept.path) { return kept }
        let made = try await MLModel.compileModel(at: file.url)
        try FileManager.default.createDirectory(at: AppFolders.compiled, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(at: kept)
        try FileManager.default.moveItem(at: made, to: kept)
        return kept
    }

    /// Takes in a package that was opened from Files: copies it, compiles it, and writes its line of the manifest.
    ///
    /// - Throws: `HeadPoseError` if it is no model of ours; nothing is kept then.
    static func take(_ picked: URL) async throws {
        guard picked.pathExtension == ModelFile.package else {
            throw HeadPoseError(
                "\(picked.lastPathComponent) is no .mlpackage: make one with  headpose export --targets coreml")
        }
        let reachable = picked.startAccessingSecurityScopedResource()
        defer { if reachable { picked.stopAccessingSecurityScopedResource() } }
        let copy = AppFolders.imported.appendingPathComponent(picked.lastPathComponent)
        try FileManager.default.createDirectory(at: AppFolders.imported, withIntermediateDirectories: true)
        try forget(ModelFile(url: copy, origin: .imported, entry: nil))
        do {
            try FileManager.default.copyItem(at: picked, to: copy)
            let loaded = try await load(ModelFile(url: copy, origin: .imported, entry: nil), units: .cpuOnly)
            let hash = PackageHash { SystemDigest() }
            try ImportedManifest.add(
                file: copy.lastPathComponent, sha256: try hash.hash(of: copy), sizeBytes: try hash.size(of: copy),
                facts: loaded.facts, to: AppFolders.imported)
        } catch {
            try? forget(ModelFile(url: copy, origin: .imported, entry: nil))
            throw error
        }
    }

    /// Deletes a model that was opened from Files, and everything made of it.
    static func forget(_ file: ModelFile) throws {
        let manager = FileManager.default
        let compiled = AppFolders.compiled.appendingPathComponent("\(file.origin.rawValue)-\(file.name)")
            .appendingPathExtension(ModelFile.compiled)
        for url in [file.url, compiled] where manager.fileExists(atPath: url.path) { try manager.removeItem(at: url) }
        if manager.fileExists(atPath: AppFolders.imported.path) {
            try ImportedManifest.remove(file: file.url.lastPathComponent, from: AppFolders.imported)
        }
    }
}

/// The system's SHA-256.
struct SystemDigest: PackageHash.Digest {
    private var hasher = SHA256()

    mutating func update(_ data: Data) { hasher.update(data: data) }
    mutating func finish() -> Data { Data(hasher.finalize()) }
}
