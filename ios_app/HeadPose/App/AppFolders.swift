import Foundation

/// Where the app keeps what.
enum AppFolders {
    /// Folders of the app itself that may hold models: Xcode puts resources at the top.
    static var bundled: [URL] {
        let top = Bundle.main.resourceURL ?? Bundle.main.bundleURL
        return [top, top.appendingPathComponent("Models")]
    }

    /// Models that were opened from Files; the person sees this folder in Files, too.
    static var imported: URL { folder(.documentDirectory).appendingPathComponent("Models") }

    /// Compiled forms, which can be made again.
    static var compiled: URL { folder(.cachesDirectory).appendingPathComponent("Compiled") }

    /// Results and pictures on their way to the share sheet.
    static var shared: URL { FileManager.default.temporaryDirectory.appendingPathComponent("Shared") }

    /// Writes a file for the share sheet, in place of an older one of its name.
    static func share(_ data: Data, as name: String) throws -> URL {
        try FileManager.default.createDirectory(at: shared, withIntermediateDirectories: true)
        let file = shared.appendingPathComponent(name)
        try data.write(to: file, options: .atomic)
        return file
    }

    private static func folder(_ kind: FileManager.SearchPathDirectory) -> URL {
        FileManager.default.urls(for: kind, in: .userDomainMask).first ?? FileManager.default.temporaryDirectory
    }
}
