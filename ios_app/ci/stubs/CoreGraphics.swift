// https://developer.apple.com/documentation/coregraphics; CGRect, CGPoint, CGSize and CGFloat are in Linux's Foundation.
@_exported import FoundationGap

// https://developer.apple.com/documentation/coregraphics/cgcolorspace
public final class CGColorSpace {
    // https://developer.apple.com/documentation/coregraphics/cgcolorspace/srgb
    public static let sRGB: CFString = ""
    // https://developer.apple.com/documentation/coregraphics/cgcolorspace/init(name:)
    public init?(name: CFString) {}
}
// https://developer.apple.com/documentation/coregraphics/cgimagealphainfo
public enum CGImageAlphaInfo: UInt32 {
    case none, premultipliedLast, premultipliedFirst, last, first, noneSkipLast, noneSkipFirst, alphaOnly
}
// https://developer.apple.com/documentation/coregraphics/cgbitmapinfo
public struct CGBitmapInfo: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let byteOrder32Little = CGBitmapInfo(rawValue: 2 << 12)
}
// https://developer.apple.com/documentation/coregraphics/cgcontext
public final class CGContext {
    // https://developer.apple.com/documentation/coregraphics/cgcontext/init(data:width:height:bitspercomponent:bytesperrow:space:bitmapinfo:)
    public init?(
        data: UnsafeMutableRawPointer?, width: Int, height: Int, bitsPerComponent: Int, bytesPerRow: Int,
        space: CGColorSpace, bitmapInfo: UInt32
    ) {}
    // https://developer.apple.com/documentation/coregraphics/cgcontext/translateby(x:y:)
    public func translateBy(x tx: CGFloat, y ty: CGFloat) {}
    // https://developer.apple.com/documentation/coregraphics/cgcontext/scaleby(x:y:)
    public func scaleBy(x sx: CGFloat, y sy: CGFloat) {}
}
