import CoreML
import CoreVideo
import Foundation
import HeadPoseCore

/// A model that Core ML opened, and what it says of itself. Its predictions are made by one task at a time.
struct LoadedModel: @unchecked Sendable {
    /// Core ML's own.
    let model: MLModel
    /// What its metadata says.
    let facts: ModelFacts
    /// Where the compiled model lies.
    let compiled: URL
    /// Units that it was opened for.
    let units: ComputeUnits
    private let inputName: String
    private let outputName: String

    /// Checks that the model is one of ours and keeps its promise.
    ///
    /// - Throws: `HeadPoseError` in one sentence if it is not.
    init(_ model: MLModel, compiled: URL, units: ComputeUnits) throws {
        let name = compiled.deletingPathExtension().lastPathComponent
        let description = model.modelDescription
        let own = description.metadata[.creatorDefinedKey] as? [String: String]
        guard let text = own?[ModelFacts.metadataKey] else {
            throw HeadPoseError("\(name) carries no head-pose metadata: it was not made by  headpose export")
        }
        facts = try ModelFacts.read(Data(text.utf8), what: name)
        guard let input = description.inputDescriptionsByName.first, description.inputDescriptionsByName.count == 1,
            let size = input.value.imageConstraint, size.pixelsWide == facts.inputSize,
            size.pixelsHigh == facts.inputSize,
            let output = description.outputDescriptionsByName.first, description.outputDescriptionsByName.count == 1,
            output.value.type == .multiArray
        else {
            throw HeadPoseError("\(name) does not take one picture and give one array, as it says: export it again")
        }
        (self.model, self.compiled, self.units) = (model, compiled, units)
        (inputName, outputName) = (input.key, output.key)
    }

    /// One inference: a square 32BGRA picture to the network's rotation.
    func rotation(of input: PixelBuffer) throws -> Matrix3 {
        let features = try MLDictionaryFeatureProvider(
            dictionary: [inputName: MLFeatureValue(pixelBuffer: input.buffer)])
        guard let array = try model.prediction(from: features).featureValue(for: outputName)?.multiArrayValue else {
            throw HeadPoseError("\(facts.name) gave no array: export it again")
        }
        return try facts.rotation(fromOutput: array.numbers)
    }
}

extension MLMultiArray {
    /// The numbers row after row, whatever their type and however the rows lie in memory.
    fileprivate var numbers: [Double] {
        let sides = shape.map(\.intValue)
        return (0..<count).map { index in
            var (rest, place) = (index, [NSNumber]())
            for side in sides.reversed() {
                place.append(NSNumber(value: rest % side))
                rest /= side
            }
            return self[place.reversed()].doubleValue
        }
    }
}

extension ComputeUnits {
    /// By Core ML's names.
    var coreML: MLComputeUnits {
        switch self {
        case .all: .all
        case .cpuAndNeuralEngine: .cpuAndNeuralEngine
        case .cpuAndGPU: .cpuAndGPU
        case .cpuOnly: .cpuOnly
        }
    }
}

/// Reads poses with a model, one crop at a time.
actor CoreMLEstimator: PoseEstimator {
    /// Side of the network's input in pixels.
    nonisolated let inputSize: Int
    /// The model's crop rule.
    nonisolated let cropRule: CropRule
    private let loaded: LoadedModel
    private let input: PixelBuffer
    private let clock: any HostClock

    /// An estimator with a picture of its own for its crops.
    init(_ loaded: LoadedModel, clock: any HostClock = SystemClock()) throws {
        (self.loaded, self.clock) = (loaded, clock)
        (inputSize, cropRule) = (loaded.facts.inputSize, loaded.facts.crop)
        input = try PixelBuffer.make(width: loaded.facts.inputSize, height: loaded.facts.inputSize)
    }

    /// The pose of the face that `crop` cuts out of the frame.
    func estimate(_ frame: Frame<PixelBuffer>, crop: CropTransform) throws -> PoseEstimate {
        let start = clock.monotonicSeconds()
        try frame.image.cut(crop, into: input)
        let cut = clock.monotonicSeconds()
        let rotation = try loaded.rotation(of: input)
        let end = clock.monotonicSeconds()
        return PoseEstimate(rotation: rotation, cropMs: (cut - start) * 1e3, inferenceMs: (end - cut) * 1e3)
    }
}

/// One inference after the other on the same picture, for a benchmark.
struct CoreMLInference: OpenedModel {
    let loaded: LoadedModel
    let input: PixelBuffer

    /// One inference, finished when it returns.
    func predict() throws { _ = try loaded.rotation(of: input) }
}
