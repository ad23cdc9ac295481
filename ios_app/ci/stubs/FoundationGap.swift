// What Apple's Foundation and Core Foundation have and Linux's has not. Not a module of Apple: every stub exports it.
@_exported import Foundation

// https://developer.apple.com/documentation/corefoundation/cfdictionary (toll-free bridged with NSDictionary)
public typealias CFDictionary = NSDictionary
// https://developer.apple.com/documentation/corefoundation/cfstring (imported constants are cast with `as String`)
public typealias CFString = String
// https://developer.apple.com/documentation/corefoundation/cfallocator
public final class CFAllocator: @unchecked Sendable {}
// https://developer.apple.com/documentation/corefoundation/kcfallocatordefault
public let kCFAllocatorDefault: CFAllocator! = nil

extension String {
    // https://developer.apple.com/documentation/swift/string/localizationvalue
    // Apple's takes any value; this one takes text only, so that every placeholder of the catalogue is %@.
    public struct LocalizationValue: ExpressibleByStringInterpolation {
        public struct StringInterpolation: StringInterpolationProtocol {
            public init(literalCapacity: Int, interpolationCount: Int) {}
            public mutating func appendLiteral(_ literal: String) {}
            public mutating func appendInterpolation(_ string: String) {}
        }
        public init(stringLiteral value: String) {}
        public init(stringInterpolation: StringInterpolation) {}
    }

    // https://developer.apple.com/documentation/swift/string/init(localized:table:bundle:locale:comment:)
    public init(
        localized keyAndValue: String.LocalizationValue, table: String? = nil, bundle: Bundle? = nil,
        locale: Locale = .current, comment: StaticString? = nil
    ) { self = "" }
}

extension ProcessInfo {
    // https://developer.apple.com/documentation/foundation/processinfo/thermalstate-swift.enum
    public enum ThermalState: Int, Sendable {
        case nominal, fair, serious, critical
    }
    // https://developer.apple.com/documentation/foundation/processinfo/thermalstate-swift.property
    public var thermalState: ThermalState { .nominal }
    // https://developer.apple.com/documentation/foundation/processinfo/islowpowermodeenabled
    public var isLowPowerModeEnabled: Bool { false }
}

extension URL {
    // https://developer.apple.com/documentation/foundation/url/startaccessingsecurityscopedresource()
    public func startAccessingSecurityScopedResource() -> Bool { true }
    // https://developer.apple.com/documentation/foundation/url/stopaccessingsecurityscopedresource()
    public func stopAccessingSecurityScopedResource() {}
}
