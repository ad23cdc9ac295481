// https://developer.apple.com/documentation/cryptokit
@_exported import FoundationGap

// https://developer.apple.com/documentation/cryptokit/sha256digest
public struct SHA256Digest: Sequence, Sendable {
    public func makeIterator() -> Array<UInt8>.Iterator { [].makeIterator() }
}
// https://developer.apple.com/documentation/cryptokit/sha256
public struct SHA256: Sendable {
    public init() {}
    // https://developer.apple.com/documentation/cryptokit/hashfunction/update(data:)
    public mutating func update<D: DataProtocol>(data: D) {}
    // https://developer.apple.com/documentation/cryptokit/hashfunction/finalize()
    public func finalize() -> SHA256Digest { SHA256Digest() }
}
