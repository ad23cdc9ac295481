import Foundation

/// JSON in one form that Python, Swift and Kotlin agree on byte for byte.
///
/// UTF-8, no spaces, keys in the order of their code points, no escapes but those that JSON demands, numbers in the
/// shortest digits that read back the same; a number without a fraction that fits into 64 bits is written as a whole one
/// (2.0 → 2).
/// `JSONEncoder.sortedKeys` is no help: it puts "a9" before "a10", and writes doubles in its own way.
public enum CanonicalJSON {
    /// The canonical form of a value.
    ///
    /// - Throws: `HeadPoseError` for what JSON cannot hold, as a number that is not finite.
    public static func data(_ value: some Encodable) throws -> Data {
        do {
            return Data(text(try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(value))).utf8)
        } catch {
            throw HeadPoseError("this cannot be written as JSON, is a number infinite? (\(error.localizedDescription))")
        }
    }

    /// The canonical form of JSON that was read.
    public static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let truth): truth ? "true" : "false"
        case .integer(let whole): String(whole)
        case .number(let number): text(number)
        case .string(let string): quoted(string)
        case .array(let values): "[" + values.map(text).joined(separator: ",") + "]"
        case .object(let values):
            "{"
                + values.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
                .map { quoted($0.key) + ":" + text($0.value) }.joined(separator: ",") + "}"
        }
    }

    private static func text(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? "\(number)"
    }

    private static let escapes: [Unicode.Scalar: String] = [
        "\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{8}": "\\b", "\u{c}": "\\f",
    ]

    private static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            if let escape = escapes[scalar] {
                text += escape
            } else if scalar.value < 0x20 {
                text += String(format: "\\u%04x", scalar.value)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
