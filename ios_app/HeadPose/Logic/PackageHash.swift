import Foundation
import HeadPoseCore

/// Hash and size of an artefact, computed as the Python tools compute them, so that the manifest can be checked.
struct PackageHash: Sendable {
    /// SHA-256 of data that comes piece by piece; the system's on a phone.
    protocol Digest {
        mutating func update(_ data: Data)
        mutating func finish() -> Data
    }

    /// A fresh digest.
    let make: @Sendable () -> any Digest

    /// Bytes that are read at once.
    private static let block = 1 << 20

    /// SHA-256 of a file, or of a folder's relative names and contents in the order of the names, in hexadecimal.
    func hash(of url: URL) throws -> String { try digest(of: url).map { String(format: "%02x", $0) }.joined() }

    /// Size of a file, or of all files of a folder, bytes.
    func size(of url: URL) throws -> Int {
        let files = PackageHash.isFolder(url) ? try PackageHash.files(in: url) : [(name: "", url: url)]
        return try files.map { try $0.url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0 }.reduce(0, +)
    }

    private func digest(of url: URL) throws -> Data {
        var digest = make()
        if PackageHash.isFolder(url) {
            for file in try PackageHash.files(in: url) {
                let name = Data(file.name.utf8)
                let length = withUnsafeBytes(of: UInt32(name.count).littleEndian) { Data($0) }
                digest.update(length + name + (try self.digest(of: file.url)))
            }
        } else {
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            while let data = try handle.read(upToCount: PackageHash.block), !data.isEmpty { digest.update(data) }
        }
        return digest.finish()
    }

    private static func isFolder(_ url: URL) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &folder) && folder.boolValue
    }

    /// Files below a folder with their names relative to it, sorted part by part as Python sorts paths.
    private static func files(in folder: URL) throws -> [(name: String, url: URL)] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        let parts = names.map { $0.split(separator: "/").map { Array($0.utf8) } }
        return zip(names, parts)
            .sorted { $0.1.lexicographicallyPrecedes($1.1) { $0.lexicographicallyPrecedes($1) } }
            .map { (name: $0.0, url: folder.appendingPathComponent($0.0)) }
            .filter { !isFolder($0.url) }
    }
}
