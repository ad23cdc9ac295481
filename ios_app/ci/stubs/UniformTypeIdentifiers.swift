// https://developer.apple.com/documentation/uniformtypeidentifiers
@_exported import FoundationGap

// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct
public struct UTType: Sendable, Hashable {
    // https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/init(filenameextension:conformingto:)
    public init?(filenameExtension: String, conformingTo supertype: UTType = .data) {}
    init() {}
    public static var data: UTType { UTType() }
    public static var package: UTType { UTType() }
}
