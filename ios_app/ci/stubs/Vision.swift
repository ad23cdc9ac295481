// https://developer.apple.com/documentation/vision
@_exported import CoreVideo
@_exported import ImageIO

// https://developer.apple.com/documentation/vision/vnimageoption
public struct VNImageOption: Hashable, Sendable {}
// https://developer.apple.com/documentation/vision/vnrequest
open class VNRequest { public init() {} }
// https://developer.apple.com/documentation/vision/vnfaceobservation
public class VNFaceObservation {
    // https://developer.apple.com/documentation/vision/vndetectedobjectobservation/boundingbox
    public var boundingBox: CGRect { .zero }
    // https://developer.apple.com/documentation/vision/vnobservation/confidence
    public var confidence: Float { 0 }
}
// https://developer.apple.com/documentation/vision/vndetectfacerectanglesrequest
public class VNDetectFaceRectanglesRequest: VNRequest {
    public override init() {}
    // https://developer.apple.com/documentation/vision/vndetectfacerectanglesrequest/results
    public var results: [VNFaceObservation]? { nil }
}
// https://developer.apple.com/documentation/vision/vnimagerequesthandler
public class VNImageRequestHandler {
    // https://developer.apple.com/documentation/vision/vnimagerequesthandler/init(cvpixelbuffer:orientation:options:)-9fxug
    public init(
        cvPixelBuffer pixelBuffer: CVPixelBuffer, orientation: CGImagePropertyOrientation,
        options: [VNImageOption: Any] = [:]
    ) {}
    // https://developer.apple.com/documentation/vision/vnimagerequesthandler/perform(_:)
    public func perform(_ requests: [VNRequest]) throws {}
}
