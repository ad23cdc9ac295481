/// Quarter turns, clockwise.
public enum QuarterTurn: Int, Sendable, CaseIterable {
    /// As it is.
    case none = 0
    /// A quarter to the right.
    case quarter = 90
    /// Upside down.
    case half = 180
    /// A quarter to the left.
    case threeQuarters = 270
}

/// How a camera's buffer lies: how it must be turned to be upright on the screen, and whether the screen mirrors it.
///
/// Three frames, each in its own pixels: *buffer*, as the sensor delivers it; *upright*, turned; *display*, mirrored left
/// to right if `isMirrored`, as people want to see themselves. The network sees the upright picture, never the mirrored.
public struct FrameGeometry: Sendable, Equatable {
    /// Of the buffer, before any turn.
    public let bufferSize: PixelSize
    /// Clockwise turn that makes the buffer upright for a person who holds the device as it is held now.
    public let turn: QuarterTurn
    /// Whether the preview shows it mirrored, as with a front camera. The buffer itself is not mirrored.
    public let isMirrored: Bool

    /// A geometry.
    public init(bufferSize: PixelSize, turn: QuarterTurn = .none, isMirrored: Bool = false) {
        self.bufferSize = bufferSize
        self.turn = turn
        self.isMirrored = isMirrored
    }

    /// Size of the upright and of the displayed picture.
    public var uprightSize: PixelSize {
        switch turn {
        case .none, .half: bufferSize
        case .quarter, .threeQuarters: PixelSize(width: bufferSize.height, height: bufferSize.width)
        }
    }

    /// Buffer → upright.
    public var bufferToUpright: AffineMap {
        let (width, height) = (Double(bufferSize.width), Double(bufferSize.height))
        return switch turn {
        case .none: .identity
        case .quarter: AffineMap(a: 0, b: 1, c: -1, d: 0, tx: height, ty: 0)
        case .half: AffineMap(a: -1, b: 0, c: 0, d: -1, tx: width, ty: height)
        case .threeQuarters: AffineMap(a: 0, b: -1, c: 1, d: 0, tx: 0, ty: width)
        }
    }

    /// Upright → display.
    public var uprightToDisplay: AffineMap {
        isMirrored ? AffineMap(a: -1, b: 0, c: 0, d: 1, tx: Double(uprightSize.width), ty: 0) : .identity
    }

    /// Buffer → display.
    public var bufferToDisplay: AffineMap { bufferToUpright.then(uprightToDisplay) }

    /// The rotation that fits the displayed picture, of the one that fits the upright picture.
    public func displayRotation(ofUpright rotation: Matrix3) -> Matrix3 {
        isMirrored ? rotation.mirrored : rotation
    }
}
