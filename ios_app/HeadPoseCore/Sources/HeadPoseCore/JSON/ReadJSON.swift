import Foundation

/// Decodes, or throws one sentence: `what` cannot be read (what is wrong): `advice`.
func readJSON<Value: Decodable>(_ type: Value.Type, _ data: Data, what: String, advice: String) throws -> Value {
    do {
        return try JSONDecoder().decode(type, from: data)
    } catch let error as DecodingError {
        throw HeadPoseError("\(what) cannot be read (\(sentence(error))): \(advice)")
    } catch let error as HeadPoseError {
        throw HeadPoseError("\(what) cannot be read (\(error.message)): \(advice)")
    }
}

private func sentence(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
        context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
        return "\(context.codingPath.isEmpty ? "" : place(context) + ".")\(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
        return "\(place(context)) is of the wrong kind"
    case .dataCorrupted(let context):
        return context.codingPath.isEmpty ? "it is no JSON" : "\(place(context)) is of the wrong kind"
    @unknown default:
        return "it is damaged"
    }
}
