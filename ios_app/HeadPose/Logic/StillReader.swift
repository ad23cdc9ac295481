import HeadPoseCore

/// One head of a photograph.
struct StillHead: Sendable, Equatable, Identifiable {
    /// 1 for the largest face, then on.
    let id: Int
    /// The face in pixels of the photograph.
    let face: PixelBox
    /// Its pose.
    let rotation: Matrix3

    /// Angles for people.
    var angles: EulerAngles { EulerAngles(rotation) }

    /// Lines to draw, in pixels of the photograph.
    func lines(_ style: DrawingStyle) -> [PoseLine] { PoseDrawing.lines(style, of: rotation, face: face) }
}

/// Reads one photograph: no smoothing, every face.
enum StillReader {
    /// The heads of a picture, the largest face first; none is no error.
    static func heads<Image: Sendable>(
        of image: Image, _ geometry: FrameGeometry, detector: any FaceDetector<Image>,
        estimator: any PoseEstimator<Image>
    ) async throws -> [StillHead] {
        let frame = Frame(image: image, timeSeconds: 0, geometry: geometry)
        let faces = try await detector.faces(in: frame).sorted { $0.box.area > $1.box.area }
        var heads: [StillHead] = []
        for face in faces {
            try Task.checkCancellation()
            let crop = try CropTransform(
                face: face.box, geometry: geometry, rule: estimator.cropRule, inputSize: estimator.inputSize)
            let read = try await estimator.estimate(frame, crop: crop).rotation
            heads.append(
                StillHead(id: heads.count + 1, face: face.box, rotation: crop.uprightRotation(ofNetwork: read)))
        }
        return heads
    }
}
