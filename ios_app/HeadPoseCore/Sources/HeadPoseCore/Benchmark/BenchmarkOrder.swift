import Foundation

/// What `headpose bench iphone` asks of the app's benchmark test, as JSON in the environment variable
/// HEADPOSE_BENCHMARK.
public struct BenchmarkOrder: Sendable, Equatable, Codable {
    /// Name of the environment variable.
    public static let variable = "HEADPOSE_BENCHMARK"
    /// Name of the attachment with the results, a JSON list of records.
    public static let attachment = "headpose-benchmark.json"
    /// Version that this app reads.
    public static let schemaVersion = 1

    /// Version of the order.
    public var schema: Int
    /// Models to measure; their facts go into the records as they came.
    public var models: [BenchmarkRecord.Model]
    /// Choices of compute units, one result each.
    public var computeUnits: [ComputeUnits]
    /// Ways to measure, one result each.
    public var protocols: [MeasuringProtocol]

    enum CodingKeys: String, CodingKey {
        case schema, models, protocols
        case computeUnits = "compute_units"
    }

    /// Reads an order.
    ///
    /// - Throws: `HeadPoseError` in one sentence if it is damaged or of another version.
    public static func read(_ data: Data) throws -> BenchmarkOrder {
        let advice = "use the app and the Python tools of one version"
        let order = try readJSON(BenchmarkOrder.self, data, what: variable, advice: advice)
        guard order.schema == schemaVersion else {
            throw HeadPoseError(
                "\(variable) is of schema \(order.schema), this version reads \(schemaVersion): \(advice)")
        }
        return order
    }
}
