import HeadPoseCore

/// Cuts a face out of a picture of 4 bytes a pixel (BGRA or any other order) into the network's square input.
///
/// The same rule as training: area average when the crop shrinks, bilinear when it grows, black outside the picture.
/// Channels are neither mixed nor swapped. Plain Swift, so that tests compare it with Python's crops byte for byte.
struct PixelCutter {
    /// What one output row or column is made of: where its first source pixel lies, and weights from there on.
    struct Taps: Equatable {
        let first: Int
        let weights: [Float]
    }

    private let across: [Taps]
    private let down: [Taps]
    private let source: Source

    /// Strides, in bytes, with which the upright picture is walked in the buffer.
    struct Source: Equatable {
        let origin: Int
        let stepX: Int
        let stepY: Int

        init(_ geometry: FrameGeometry, view: CropView, bytesPerRow: Int) {
            let (width, height) = (geometry.bufferSize.width, geometry.bufferSize.height)
            let last = (right: (width - 1) * 4, bottom: (height - 1) * bytesPerRow)
            switch view == .upright ? geometry.turn : .none {
            case .none: (origin, stepX, stepY) = (0, 4, bytesPerRow)
            case .quarter: (origin, stepX, stepY) = (last.bottom, -bytesPerRow, 4)
            case .half: (origin, stepX, stepY) = (last.right + last.bottom, -4, -bytesPerRow)
            case .threeQuarters: (origin, stepX, stepY) = (last.right, bytesPerRow, -4)
            }
        }
    }

    /// A cutter for one crop of a buffer whose rows are `bytesPerRow` bytes apart.
    init(_ crop: CropTransform, bytesPerRow: Int) {
        let seen = crop.view == .upright ? crop.geometry.uprightSize : crop.geometry.bufferSize
        let side = Int(crop.cropBox.width)
        across = PixelCutter.taps(side: side, size: crop.inputSize, start: Int(crop.cropBox.left), inside: seen.width)
        down = PixelCutter.taps(side: side, size: crop.inputSize, start: Int(crop.cropBox.top), inside: seen.height)
        source = Source(crop.geometry, view: crop.view, bytesPerRow: bytesPerRow)
    }

    /// Writes the input's square, `outputBytesPerRow` bytes a row.
    ///
    /// - Parameters:
    ///   - pixels: the whole buffer.
    ///   - output: room for as many rows as the input has.
    ///   - outputBytesPerRow: at least four times the input's side.
    func cut(_ pixels: UnsafeRawPointer, into output: UnsafeMutableRawPointer, outputBytesPerRow: Int) {
        for (row, vertical) in down.enumerated() {
            let line = output + row * outputBytesPerRow
            for (column, horizontal) in across.enumerated() {
                let color = average(pixels, horizontal, vertical)
                let place = line + column * 4
                for channel in 0..<4 {
                    place.storeBytes(
                        of: UInt8(min(255, max(0, color[channel].rounded(.toNearestOrEven)))), toByteOffset: channel,
                        as: UInt8.self)
                }
            }
        }
    }

    private func average(_ pixels: UnsafeRawPointer, _ horizontal: Taps, _ vertical: Taps) -> SIMD4<Float> {
        var sum = SIMD4<Float>.zero
        var line = pixels + source.origin + vertical.first * source.stepY + horizontal.first * source.stepX
        for high in vertical.weights {
            var place = line
            for wide in horizontal.weights {
                let four = place.loadUnaligned(as: UInt32.self).littleEndian
                let color = SIMD4<Float>(
                    Float(four & 0xff), Float((four >> 8) & 0xff), Float((four >> 16) & 0xff), Float(four >> 24))
                sum += color * (wide * high)
                place += source.stepX
            }
            line += source.stepY
        }
        return sum
    }

    /// For each of `size` outputs the part of a crop's `side` pixels that it is made of, without those that lie outside
    /// the picture's `inside` pixels: they are black and add nothing.
    static func taps(side: Int, size: Int, start: Int, inside: Int) -> [Taps] {
        (0..<size).map { index in
            let whole = side >= size ? areaTaps(index, side, size) : linearTaps(index, side, size)
            let from = max(0, -(whole.first + start))
            let kept = max(0, min(whole.weights.count, inside - (whole.first + start)))
            guard from < kept else { return Taps(first: 0, weights: []) }
            return Taps(first: whole.first + start + from, weights: Array(whole.weights[from..<kept]))
        }
    }

    private static func areaTaps(_ index: Int, _ side: Int, _ size: Int) -> Taps {
        let scale = Double(side) / Double(size)
        let (low, high) = (Double(index) * scale, min(Double(index + 1) * scale, Double(side)))
        let (first, end) = (Int(low), min(side, Int(high.rounded(.up))))
        let weights = (first..<end).map { pixel in
            Float((min(high, Double(pixel + 1)) - max(low, Double(pixel))) / (high - low))
        }
        return Taps(first: first, weights: weights)
    }

    private static func linearTaps(_ index: Int, _ side: Int, _ size: Int) -> Taps {
        let place = (Double(index) + 0.5) * Double(side) / Double(size) - 0.5
        let first = Int(place.rounded(.down))
        guard first >= 0 else { return Taps(first: 0, weights: [1]) }
        guard first < side - 1 else { return Taps(first: side - 1, weights: [1]) }
        let part = Float(place - Double(first))
        return Taps(first: first, weights: [1 - part, part])
    }
}
