import CoreVideo
import HeadPoseCore
import ImageIO
import Vision

extension QuarterTurn {
    /// The same turn by the names that Vision and Image I/O use.
    var imageOrientation: CGImagePropertyOrientation {
        switch self {
        case .none: .up
        case .quarter: .right
        case .half: .down
        case .threeQuarters: .left
        }
    }
}

/// Finds faces with Vision, one frame at a time.
actor VisionFaceDetector: FaceDetector {
    /// The faces of a frame, boxes in pixels of the upright picture.
    func faces(in frame: Frame<PixelBuffer>) throws -> [DetectedFace] {
        let request = VNDetectFaceRectanglesRequest()
        let handler = VNImageRequestHandler(
            cvPixelBuffer: frame.image.buffer, orientation: frame.geometry.turn.imageOrientation, options: [:])
        try handler.perform([request])
        return (request.results ?? []).map { face in
            let box = face.boundingBox
            return DetectedFace(
                box: PixelBox(
                    normalizedX: Double(box.minX), y: Double(box.minY), width: Double(box.width),
                    height: Double(box.height), in: frame.geometry.uprightSize),
                score: Double(face.confidence))
        }
    }
}
