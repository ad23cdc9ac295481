import CoreGraphics
import CoreVideo
import HeadPoseCore
import UIKit

/// A photograph as the network needs it: upright, 32BGRA, sRGB.
struct StillPicture: Sendable {
    /// Its pixels.
    let pixels: PixelBuffer
    /// How it lies: upright.
    let geometry: FrameGeometry

    /// Longer side above which a photograph is made smaller first.
    static let longestSide = 4096.0

    /// Reads a photograph's file, whatever its format and orientation.
    ///
    /// - Throws: `HeadPoseError` if it is no picture.
    static func read(_ data: Data) throws -> StillPicture {
        guard let image = UIImage(data: data), image.size.width >= 1, image.size.height >= 1 else {
            throw HeadPoseError("this is no picture that can be read")
        }
        let full = (width: Double(image.size.width * image.scale), height: Double(image.size.height * image.scale))
        let factor = min(1, longestSide / max(full.width, full.height))
        let width = max(1, Int((full.width * factor).rounded()))
        let height = max(1, Int((full.height * factor).rounded()))
        let pixels = try PixelBuffer.make(width: width, height: height)
        try pixels.withBytes(readOnly: false) { bytes, bytesPerRow in
            try draw(image, width, height, into: bytes, bytesPerRow)
        }
        return StillPicture(pixels: pixels, geometry: FrameGeometry(bufferSize: pixels.size))
    }

    /// UIKit draws with the origin at the upper left and honours the file's orientation.
    private static func draw(
        _ image: UIImage, _ width: Int, _ height: Int, into bytes: UnsafeMutableRawPointer, _ bytesPerRow: Int
    ) throws {
        let layout = CGImageAlphaInfo.premultipliedFirst.rawValue | CGBitmapInfo.byteOrder32Little.rawValue
        guard let space = CGColorSpace(name: CGColorSpace.sRGB),
            let context = CGContext(
                data: bytes, width: width, height: height, bitsPerComponent: 8, bytesPerRow: bytesPerRow, space: space,
                bitmapInfo: layout)
        else { throw HeadPoseError("there is no memory for this picture") }
        context.translateBy(x: 0, y: CGFloat(height))
        context.scaleBy(x: 1, y: -1)
        UIGraphicsPushContext(context)
        defer { UIGraphicsPopContext() }
        let whole = CGRect(x: 0, y: 0, width: width, height: height)
        UIColor.white.setFill()  // behind transparent pixels: white, as on paper and as in Python
        UIRectFill(whole)
        image.draw(in: whole)
    }
}
