import Foundation
import HeadPoseCore

/// A model that is there, as a package or compiled.
struct ModelFile: Sendable, Equatable, Identifiable {
    /// Where it came from.
    enum Origin: String, Sendable, Equatable {
        /// Built into the app.
        case bundled
        /// Opened from Files.
        case imported
    }

    /// `.mlmodelc`, or `.mlpackage` that must be compiled first. Xcode compiles packages when it builds the app.
    let url: URL
    /// Where it came from.
    let origin: Origin
    /// Its line of the manifest; nil if it has none, then its own metadata tells what it is.
    let entry: ModelEntry?

    /// Suffix of a package.
    static let package = "mlpackage"
    /// Suffix of a compiled model.
    static let compiled = "mlmodelc"

    /// Name without suffix, `sixdrepnet_repnext_m4_fp16`.
    var name: String { url.deletingPathExtension().lastPathComponent }
    /// The same for a file of this name and origin at every start.
    var id: String { "\(origin.rawValue)/\(name)" }
    /// The same for files of one backbone; a file without a manifest line stands for itself.
    var backboneKey: String { entry?.backbone ?? id }
    /// Whether it can be opened as it is.
    var isCompiled: Bool { url.pathExtension == ModelFile.compiled }
}

/// Finds models.
struct ModelShelf: Sendable, Equatable {
    /// Everything that was found: listed ones in the manifest's order, then the others by name.
    let files: [ModelFile]
    /// Names that the manifest of the app lists and that are not there.
    let absent: [String]
    /// Manifests that could not be read, in one sentence each. A missing one is no error.
    let errors: [String]

    /// No models.
    static let empty = ModelShelf(files: [], absent: [], errors: [])

    private init(files: [ModelFile], absent: [String], errors: [String]) {
        (self.files, self.absent, self.errors) = (files, absent, errors)
    }

    /// What lies in these folders.
    ///
    /// - Parameters:
    ///   - bundled: folders of the app.
    ///   - imported: folder of models that were opened from Files.
    init(bundled: [URL], imported: URL) {
        let own = Found(bundled, .bundled)
        let foreign = Found([imported], .imported)
        files = own.files + foreign.files
        absent = own.absent
        errors = own.errors + foreign.errors
    }

    /// The file of an identifier; otherwise a float one, otherwise the first.
    func pick(_ id: String?) -> ModelFile? {
        files.first { $0.id == id } ?? files.first { $0.entry?.precision == "fp16" } ?? files.first
    }

    /// Precisions that are there for the backbone of a file, in order.
    func precisions(like file: ModelFile) -> [ModelFile] {
        guard let backbone = file.entry?.backbone else { return [file] }
        return files.filter { $0.entry?.backbone == backbone }
    }

    /// Backbones that are there, the first file of each; a file without a manifest line stands for itself.
    var backbones: [ModelFile] {
        var seen = Set<String>()
        return files.filter { seen.insert($0.backboneKey).inserted }
    }

    /// The file of another backbone that is nearest to `file`: of the same precision if there is one.
    func file(ofBackbone key: String, like file: ModelFile?) -> ModelFile? {
        let fits = files.filter { $0.backboneKey == key }
        return fits.first { $0.entry?.precision == file?.entry?.precision } ?? fits.first
    }
}

/// What lies in some folders.
private struct Found {
    var files: [ModelFile] = []
    var absent: [String] = []
    var errors: [String] = []

    init(_ folders: [URL], _ origin: ModelFile.Origin) {
        var urls: [String: URL] = [:]
        var entries: [ModelEntry] = []
        for folder in folders {
            let there =
                (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
            for url in there where [ModelFile.package, ModelFile.compiled].contains(url.pathExtension) {
                let name = url.deletingPathExtension().lastPathComponent
                if urls[name] == nil || url.pathExtension == ModelFile.compiled { urls[name] = url }
            }
            guard there.contains(where: { $0.lastPathComponent == ModelManifest.fileName }) else { continue }
            do {
                entries += ModelCatalog(try ModelManifest.read(folder: folder)).listed
            } catch {
                errors.append(error.localizedDescription)
            }
        }
        let lines = Dictionary(entries.map { ($0.facts.name, $0) }) { first, _ in first }
        let listed = entries.map(\.facts.name).filter { urls[$0] != nil }
        let others = urls.keys.filter { lines[$0] == nil }.sorted()
        files = (listed + others).compactMap { name in
            urls[name].map { ModelFile(url: $0, origin: origin, entry: lines[name]) }
        }
        absent = entries.map(\.facts.name).filter { urls[$0] == nil }
    }
}
