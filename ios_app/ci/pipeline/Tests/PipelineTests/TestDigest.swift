import Foundation

@testable import HeadPoseLogic

/// SHA-256 as FIPS 180-4 writes it: the app uses the system's, which Linux has not.
struct TestDigest: PackageHash.Digest {
    private var data = Data()

    mutating func update(_ more: Data) { data.append(more) }

    mutating func finish() -> Data {
        let primes = (2...311).filter { n in n == 2 || (2..<n).allSatisfy { n % $0 != 0 } }
        let k = primes.prefix(64).map { UInt32(truncatingIfNeeded: Int(cbrt(Double($0)).truncated * 4_294_967_296)) }
        var h = primes.prefix(8).map { UInt32(truncatingIfNeeded: Int(sqrt(Double($0)).truncated * 4_294_967_296)) }
        for block in padded() { compress(block, k, &h) }
        return h.reduce(into: Data()) { out, word in withUnsafeBytes(of: word.bigEndian) { out.append(contentsOf: $0) }
        }
    }

    private func padded() -> [[UInt32]] {
        var bytes = [UInt8](data) + [0x80]
        while bytes.count % 64 != 56 { bytes.append(0) }
        withUnsafeBytes(of: UInt64(data.count * 8).bigEndian) { bytes.append(contentsOf: $0) }
        let words = stride(from: 0, to: bytes.count, by: 4).map { i in
            bytes[i..<i + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        return stride(from: 0, to: words.count, by: 16).map { Array(words[$0..<$0 + 16]) }
    }

    private func compress(_ block: [UInt32], _ k: [UInt32], _ h: inout [UInt32]) {
        func turn(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
        var w = block
        for i in 16..<64 {
            let a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3
            let b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10
            w.append(w[i - 16] &+ a &+ w[i - 7] &+ b)
        }
        var v = h
        for i in 0..<64 {
            let s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)
            let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
            let one = v[7] &+ s1 &+ choice &+ k[i] &+ w[i]
            let s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
            v = [one &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ one, v[4], v[5], v[6]]
        }
        for i in 0..<8 { h[i] = h[i] &+ v[i] }
    }
}

extension Double {
    /// What comes after the point.
    fileprivate var truncated: Double { self - rounded(.down) }
}
