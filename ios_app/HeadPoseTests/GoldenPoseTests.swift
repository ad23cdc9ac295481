import Foundation
import HeadPoseCore
import XCTest

@testable import HeadPose

/// The shipped model on this device against what Python read from the same photograph.
final class GoldenPoseTests: XCTestCase {
    func testEveryBundledModelReadsTheExampleAsPythonDoes() async throws {
        var compared = 0
        for file in try ModelOnDevice.all() {
            for units in ComputeUnits.allCases {
                let loaded = try await ModelLoader.load(file, units: units)
                let verdict = await Example.check(loaded.facts, try CoreMLEstimator(loaded))
                switch verdict {
                case .passed: compared += 1
                case .unknownWeights: continue
                case .failed(let error, let tolerance):
                    XCTFail(
                        "\(file.name) on \(units.rawValue): \(error)° from Python's reading, \(tolerance)° are right")
                case .error(let message):
                    XCTFail("\(file.name) on \(units.rawValue): \(message)")
                }
            }
        }
        if compared == 0 {
            throw XCTSkip("golden.json knows none of these weights: write it anew with ios_app/tools/make_example.py")
        }
    }

    func testThePhotographIsReadUprightAndWhole() throws {
        let golden = try Example.golden()
        let picture = try StillPicture.read(try Example.data())
        XCTAssertEqual(picture.geometry.uprightSize, golden.geometry.uprightSize)
        XCTAssertEqual(picture.geometry.turn, .none)
    }

    func testVisionFindsTheFaceThatPythonFinds() async throws {
        let golden = try Example.golden()
        let picture = try StillPicture.read(try Example.data())
        let frame = Frame(image: picture.pixels, timeSeconds: 0, geometry: picture.geometry)
        let faces = try await VisionFaceDetector().faces(in: frame)
        XCTAssertTrue(faces.contains { $0.box.overlap(with: golden.face) > 0.4 }, "\(faces)")
    }

    func testPixelsOfACropAreThoseOfThePhotograph() throws {
        let golden = try Example.golden()
        let picture = try StillPicture.read(try Example.data())
        let crop = try CropTransform(face: golden.face, geometry: picture.geometry)
        let input = try PixelBuffer.make(width: crop.inputSize, height: crop.inputSize)
        try picture.pixels.cut(crop, into: input)
        let brightest = try input.withBytes(readOnly: true) { bytes, bytesPerRow in
            (0..<crop.inputSize).map { (bytes + $0 * bytesPerRow).load(as: UInt8.self) }.max() ?? 0
        }
        XCTAssertTrue(brightest > 0, "the crop is black")
    }
}
