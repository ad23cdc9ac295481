import Foundation
import HeadPoseCore
import Testing

@testable import HeadPoseLogic

/// The cutter against crops that Python made of the same bytes.
@Suite struct PixelCutterTests {
    struct Cuts: Decodable {
        struct Case: Decodable, Sendable, CustomTestStringConvertible {
            let name: String
            let turn: Int
            let face: [Double]
            let size: Int
            let rgb: Data
            var testDescription: String { "\(name), turned \(turn)°, \(size)×\(size)" }
        }
        let width: Int
        let height: Int
        let rgb: Data
        let cases: [Case]

        static let all: Cuts = {
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            guard let data = try? Data(contentsOf: folder.appendingPathComponent("Golden/cuts.json")),
                let cuts = try? JSONDecoder().decode(Cuts.self, from: data)
            else { return Cuts(width: 0, height: 0, rgb: Data(), cases: []) }
            return cuts
        }()
    }

    @Test func thereAreCases() { #expect(Cuts.all.cases.count == 32) }

    /// BGRA with padded rows, as a camera's buffer has them.
    static func padded(_ rgb: Data, width: Int, height: Int, bytesPerRow: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 77, count: bytesPerRow * height)
        for y in 0..<height {
            for x in 0..<width {
                let (from, to) = ((y * width + x) * 3, y * bytesPerRow + x * 4)
                (bytes[to], bytes[to + 1], bytes[to + 2], bytes[to + 3]) = (
                    rgb[from + 2], rgb[from + 1], rgb[from], 255
                )
            }
        }
        return bytes
    }

    @Test(arguments: Cuts.all.cases) func aCropIsPythonsCrop(_ c: Cuts.Case) throws {
        let cuts = Cuts.all
        let bytesPerRow = cuts.width * 4 + 32
        let buffer = Self.padded(cuts.rgb, width: cuts.width, height: cuts.height, bytesPerRow: bytesPerRow)
        let turn = try #require(QuarterTurn(rawValue: c.turn))
        let geometry = FrameGeometry(bufferSize: PixelSize(width: cuts.width, height: cuts.height), turn: turn)
        let face = PixelBox(left: c.face[0], top: c.face[1], right: c.face[2], bottom: c.face[3])
        let crop = try CropTransform(face: face, geometry: geometry, inputSize: c.size)
        let rowBytes = c.size * 4 + 16
        var output = [UInt8](repeating: 200, count: rowBytes * c.size)
        buffer.withUnsafeBytes { pixels in
            output.withUnsafeMutableBytes { out in
                guard let from = pixels.baseAddress, let to = out.baseAddress else { return }
                PixelCutter(crop, bytesPerRow: bytesPerRow).cut(from, into: to, outputBytesPerRow: rowBytes)
            }
        }
        var worst = 0
        for y in 0..<c.size {
            for x in 0..<c.size {
                for channel in 0..<3 {
                    let got = Int(output[y * rowBytes + x * 4 + 2 - channel])
                    worst = max(worst, abs(got - Int(c.rgb[(y * c.size + x) * 3 + channel])))
                }
            }
        }
        #expect(worst <= 1)
        #expect(output[c.size * 4] == 200, "the padding of a row is not written")
    }

    @Test func aMirroredPreviewDoesNotMirrorTheCrop() throws {
        let size = PixelSize(width: 60, height: 45)
        let face = PixelBox(left: 10, top: 10, right: 30, bottom: 30)
        let plain = try CropTransform(face: face, geometry: FrameGeometry(bufferSize: size, turn: .quarter))
        let mirrored = try CropTransform(
            face: face, geometry: FrameGeometry(bufferSize: size, turn: .quarter, isMirrored: true))
        #expect(plain.bufferToInput == mirrored.bufferToInput)
    }

    @Test func anOutputOutsideThePictureIsBlack() {
        let taps = PixelCutter.taps(side: 10, size: 5, start: -20, inside: 8)
        #expect(taps.map(\.weights).allSatisfy { $0.isEmpty })
    }
}
