// https://developer.apple.com/documentation/corevideo
@_exported import FoundationGap

// https://developer.apple.com/documentation/corevideo/cvpixelbuffer
public class CVBuffer {}
// https://developer.apple.com/documentation/corevideo/cvimagebuffer
public typealias CVImageBuffer = CVBuffer
// https://developer.apple.com/documentation/corevideo/cvpixelbuffer
public typealias CVPixelBuffer = CVImageBuffer
// https://developer.apple.com/documentation/corevideo/cvreturn
public typealias CVReturn = Int32
public let kCVReturnSuccess: CVReturn = 0
// https://developer.apple.com/documentation/corevideo/kcvpixelformattype_32bgra
public let kCVPixelFormatType_32BGRA: OSType = 0x4247_5241
// https://developer.apple.com/documentation/corevideo/ostype
public typealias OSType = UInt32
// https://developer.apple.com/documentation/corevideo/cvpixelbuffer-pixel-buffer-attribute-keys
public let kCVPixelBufferPixelFormatTypeKey: CFString = ""
public let kCVPixelBufferIOSurfacePropertiesKey: CFString = ""
public let kCVPixelBufferCGImageCompatibilityKey: CFString = ""
public let kCVPixelBufferCGBitmapContextCompatibilityKey: CFString = ""
// https://developer.apple.com/documentation/corevideo/cvpixelbufferlockflags
public struct CVPixelBufferLockFlags: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public static let readOnly = CVPixelBufferLockFlags(rawValue: 1)
}
// https://developer.apple.com/documentation/corevideo/cvpixelbuffercreate(_:_:_:_:_:_:)
public func CVPixelBufferCreate(
    _ allocator: CFAllocator?, _ width: Int, _ height: Int, _ pixelFormatType: OSType,
    _ pixelBufferAttributes: CFDictionary?, _ pixelBufferOut: UnsafeMutablePointer<CVPixelBuffer?>
) -> CVReturn { -1 }
// https://developer.apple.com/documentation/corevideo/cvpixelbufferlockbaseaddress(_:_:)
@discardableResult public func CVPixelBufferLockBaseAddress(
    _ pixelBuffer: CVPixelBuffer, _ lockFlags: CVPixelBufferLockFlags
) -> CVReturn { -1 }
// https://developer.apple.com/documentation/corevideo/cvpixelbufferunlockbaseaddress
@discardableResult public func CVPixelBufferUnlockBaseAddress(
    _ pixelBuffer: CVPixelBuffer, _ unlockFlags: CVPixelBufferLockFlags
) -> CVReturn { -1 }
// https://developer.apple.com/documentation/corevideo/cvpixelbuffergetbaseaddress(_:)
public func CVPixelBufferGetBaseAddress(_ pixelBuffer: CVPixelBuffer) -> UnsafeMutableRawPointer? { nil }
// https://developer.apple.com/documentation/corevideo/cvpixelbuffergetbytesperrow(_:)
public func CVPixelBufferGetBytesPerRow(_ pixelBuffer: CVPixelBuffer) -> Int { 0 }
// https://developer.apple.com/documentation/corevideo/cvpixelbuffergetwidth(_:)
public func CVPixelBufferGetWidth(_ pixelBuffer: CVPixelBuffer) -> Int { 0 }
// https://developer.apple.com/documentation/corevideo/cvpixelbuffergetheight(_:)
public func CVPixelBufferGetHeight(_ pixelBuffer: CVPixelBuffer) -> Int { 0 }
// https://developer.apple.com/documentation/corevideo/cvpixelbuffergetpixelformattype(_:)
public func CVPixelBufferGetPixelFormatType(_ pixelBuffer: CVPixelBuffer) -> OSType { 0 }
