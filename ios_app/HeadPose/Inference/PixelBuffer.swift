import CoreVideo
import Foundation
import HeadPoseCore

/// A pixel buffer that may cross tasks: nobody writes into it after it was handed over.
struct PixelBuffer: @unchecked Sendable {
    /// 32BGRA, not planar.
    let buffer: CVPixelBuffer

    /// Its size in pixels.
    var size: PixelSize { PixelSize(width: CVPixelBufferGetWidth(buffer), height: CVPixelBufferGetHeight(buffer)) }

    /// An empty one that Core ML, Vision and Core Graphics can use.
    ///
    /// - Throws: `HeadPoseError` if there is no memory for it.
    static func make(width: Int, height: Int) throws -> PixelBuffer {
        let attributes: [String: Any] = [
            kCVPixelBufferIOSurfacePropertiesKey as String: [String: Any](),
            kCVPixelBufferCGImageCompatibilityKey as String: true,
            kCVPixelBufferCGBitmapContextCompatibilityKey as String: true,
        ]
        var made: CVPixelBuffer?
        let status = CVPixelBufferCreate(
            kCFAllocatorDefault, width, height, kCVPixelFormatType_32BGRA,
            NSDictionary(dictionary: attributes) as CFDictionary, &made)
        guard status == kCVReturnSuccess, let made else {
            throw HeadPoseError("there is no memory for a picture of \(width)×\(height) pixels (error \(status))")
        }
        return PixelBuffer(buffer: made)
    }

    /// Lets `body` see the bytes: the first one, and how many a row has.
    ///
    /// - Throws: `HeadPoseError` if they cannot be reached, and what `body` throws.
    func withBytes<Result>(
        readOnly: Bool, _ body: (UnsafeMutableRawPointer, Int) throws -> Result
    ) throws -> Result {
        let flags: CVPixelBufferLockFlags = readOnly ? .readOnly : []
        guard CVPixelBufferLockBaseAddress(buffer, flags) == kCVReturnSuccess else {
            throw HeadPoseError("the pixels of a picture cannot be read")
        }
        defer { CVPixelBufferUnlockBaseAddress(buffer, flags) }
        guard let bytes = CVPixelBufferGetBaseAddress(buffer) else {
            throw HeadPoseError("the pixels of a picture cannot be read")
        }
        return try body(bytes, CVPixelBufferGetBytesPerRow(buffer))
    }

    /// Cuts a face out of this buffer into a square one.
    func cut(_ crop: CropTransform, into input: PixelBuffer) throws {
        guard CVPixelBufferGetPixelFormatType(buffer) == kCVPixelFormatType_32BGRA, size == crop.geometry.bufferSize,
            input.size == PixelSize(width: crop.inputSize, height: crop.inputSize)
        else { throw HeadPoseError("a picture has not the format that was promised") }
        try withBytes(readOnly: true) { pixels, bytesPerRow in
            try input.withBytes(readOnly: false) { output, outputBytesPerRow in
                PixelCutter(crop, bytesPerRow: bytesPerRow)
                    .cut(pixels, into: output, outputBytesPerRow: outputBytesPerRow)
            }
        }
    }
}
