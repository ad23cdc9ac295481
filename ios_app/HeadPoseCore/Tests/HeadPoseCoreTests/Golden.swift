import Foundation
import HeadPoseCore
import Testing

/// The golden vectors that Python wrote: tests/golden of the repository, or the folder that HEADPOSE_GOLDEN names.
enum Golden {
    static let folder =
        ProcessInfo.processInfo.environment["HEADPOSE_GOLDEN"].map { URL(fileURLWithPath: $0, isDirectory: true) }
        ?? URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../../../tests/golden").standardized

    static func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }

    /// The cases of a group of a file.
    static func cases<Case: Decodable>(_ group: String, of file: String, as type: Case.Type = Case.self) throws
        -> [Case]
    {
        let groups = try JSONDecoder().decode([String: [JSONValue]].self, from: data(file))
        let found = try JSONDecoder().decode([Case].self, from: JSONEncoder().encode(groups[group] ?? []))
        try #require(!found.isEmpty, "no cases of \(group) in \(file)")
        return found
    }
}

/// What Python and Swift may differ by.
let tolerance = 1e-6

func near(_ a: [Double], _ b: [Double], within limit: Double = tolerance) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= limit }
}

func near(_ a: Matrix3, _ b: Matrix3, within limit: Double = tolerance) -> Bool {
    near(a.rowMajor, b.rowMajor, within: limit)
}

func near(_ a: ImagePoint, _ b: [Double]) -> Bool { near([a.x, a.y], b) }

extension PixelBox {
    var sides: [Double] { [left, top, right, bottom] }
    init(_ sides: [Double]) { self.init(left: sides[0], top: sides[1], right: sides[2], bottom: sides[3]) }
}
