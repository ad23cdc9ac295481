// https://developer.apple.com/documentation/coreml
@_exported import CoreVideo

// https://developer.apple.com/documentation/coreml/mlcomputeunits
public enum MLComputeUnits: Int, Sendable {
    case cpuOnly, cpuAndGPU, all, cpuAndNeuralEngine
}
// https://developer.apple.com/documentation/coreml/mlmodelconfiguration
open class MLModelConfiguration {
    public init() {}
    public var computeUnits = MLComputeUnits.all
}
// https://developer.apple.com/documentation/coreml/mlmodelmetadatakey
public struct MLModelMetadataKey: Hashable, Sendable {
    public static let creatorDefinedKey = MLModelMetadataKey()
}
// https://developer.apple.com/documentation/coreml/mlimageconstraint
public class MLImageConstraint {
    public var pixelsWide: Int { 0 }
    public var pixelsHigh: Int { 0 }
}
// https://developer.apple.com/documentation/coreml/mlfeaturetype
public enum MLFeatureType: Int, Sendable {
    case invalid = 0, int64 = 1, double = 2, string = 3, image = 4, multiArray = 5, dictionary = 6, sequence = 7
}
// https://developer.apple.com/documentation/coreml/mlfeaturedescription
public class MLFeatureDescription {
    public var type: MLFeatureType { .invalid }
    public var imageConstraint: MLImageConstraint? { nil }
}
// https://developer.apple.com/documentation/coreml/mlmodeldescription
public class MLModelDescription {
    public var inputDescriptionsByName: [String: MLFeatureDescription] { [:] }
    public var outputDescriptionsByName: [String: MLFeatureDescription] { [:] }
    public var metadata: [MLModelMetadataKey: Any] { [:] }
}
// https://developer.apple.com/documentation/coreml/mlmultiarray
public class MLMultiArray {
    public var count: Int { 0 }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/shape
    public var shape: [NSNumber] { [] }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/subscript(_:)-3d9el (an integer alone would be an offset in memory)
    public subscript(key: [NSNumber]) -> NSNumber { NSNumber(value: 0) }
}
// https://developer.apple.com/documentation/coreml/mlfeaturevalue
public class MLFeatureValue {
    // https://developer.apple.com/documentation/coreml/mlfeaturevalue/init(pixelbuffer:)
    public init(pixelBuffer value: CVPixelBuffer) {}
    public var multiArrayValue: MLMultiArray? { nil }
}
// https://developer.apple.com/documentation/coreml/mlfeatureprovider
public protocol MLFeatureProvider {
    var featureNames: Set<String> { get }
    func featureValue(for featureName: String) -> MLFeatureValue?
}
// https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider
public class MLDictionaryFeatureProvider: MLFeatureProvider {
    public init(dictionary: [String: Any]) throws {}
    public var featureNames: Set<String> { [] }
    public func featureValue(for featureName: String) -> MLFeatureValue? { nil }
}
// https://developer.apple.com/documentation/coreml/mlmodel
open class MLModel {
    init() {}
    public var modelDescription: MLModelDescription { MLModelDescription() }
    // https://developer.apple.com/documentation/coreml/mlmodel/load(contentsof:configuration:)
    public class func load(
        contentsOf url: URL, configuration: MLModelConfiguration = MLModelConfiguration()
    ) async throws -> MLModel { MLModel() }
    // https://developer.apple.com/documentation/coreml/mlmodel/compilemodel(at:)-6442s
    public class func compileModel(at url: URL) async throws -> URL { url }
    // https://developer.apple.com/documentation/coreml/mlmodel/prediction(from:)-9y2aa
    public func prediction(from input: any MLFeatureProvider) throws -> any MLFeatureProvider {
        try MLDictionaryFeatureProvider(dictionary: [:])
    }
}

// https://developer.apple.com/documentation/coreml/mlcomputedevice
public enum MLComputeDevice {
    case cpu(MLCPUComputeDevice)
    case gpu(MLGPUComputeDevice)
    case neuralEngine(MLNeuralEngineComputeDevice)
}
// https://developer.apple.com/documentation/coreml/mlcpucomputedevice
public class MLCPUComputeDevice {}
// https://developer.apple.com/documentation/coreml/mlgpucomputedevice
public class MLGPUComputeDevice {}
// https://developer.apple.com/documentation/coreml/mlneuralenginecomputedevice
public class MLNeuralEngineComputeDevice {}
// https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum
public enum MLModelStructure {
    case neuralNetwork(NeuralNetwork)
    case program(Program)
    case pipeline(Pipeline)
    case unsupported
    public struct NeuralNetwork {}
    public struct Pipeline {}
    public struct Program {
        public let functions: [String: Function]
        public struct Function { public let block: Block }
        public struct Block { public let operations: [Operation] }
        public struct Operation {
            public let operatorName: String
            public let blocks: [Block]
        }
    }
}
// https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n
@available(iOS 17.4, *)
// https://developer.apple.com/documentation/coreml/mlcomputeplan
public final class MLComputePlan {
    public struct DeviceUsage { public let preferred: MLComputeDevice; public let supported: [MLComputeDevice] }
    public struct Cost { public let weight: Double }
    public var modelStructure: MLModelStructure { .unsupported }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/load(contentsof:configuration:)
    public static func load(contentsOf url: URL, configuration: MLModelConfiguration) async throws -> MLComputePlan {
        MLComputePlan()
    }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/deviceusage(for:)-7cdlm
    public func deviceUsage(for operation: MLModelStructure.Program.Operation) -> MLComputePlan.DeviceUsage? { nil }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/estimatedcost(of:)
    public func estimatedCost(of operation: MLModelStructure.Program.Operation) -> MLComputePlan.Cost? { nil }
}
