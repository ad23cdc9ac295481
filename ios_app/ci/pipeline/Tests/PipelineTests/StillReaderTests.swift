import HeadPoseCore
import HeadPoseCoreTesting
import Testing

@testable import HeadPoseLogic

@Suite struct StillReaderTests {
    let geometry = FrameGeometry(bufferSize: PixelSize(width: 800, height: 600))

    @Test func everyFaceOfAPhotographIsReadTheLargestFirst() async throws {
        var image = Heads.frame(geometry, heads: 2).image
        let large = PixelBox(left: 400, top: 100, right: 700, bottom: 400)
        image.heads.append((face: DetectedFace(box: large), rotation: .identity))
        let heads = try await StillReader.heads(
            of: image, geometry, detector: FakeFaceDetector(), estimator: FakePoseEstimator())
        #expect(heads.map(\.id) == [1, 2, 3])
        #expect(heads.first?.face == large && heads.first?.rotation == .identity)
        #expect(heads.last?.rotation == Heads.rotation)
        #expect(heads.first?.lines(.cube).count == 12)
    }

    @Test func aPhotographWithoutAFaceIsNoError() async throws {
        let heads = try await StillReader.heads(
            of: FakeImage(heads: []), geometry, detector: FakeFaceDetector(), estimator: FakePoseEstimator())
        #expect(heads.isEmpty)
    }
}
