/// A place in a picture, in pixels: x to the right, y down, whole numbers are corners of pixels.
public struct ImagePoint: Sendable, Equatable {
    /// To the right.
    public var x: Double
    /// Down.
    public var y: Double

    /// A place.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    static func + (a: ImagePoint, b: ImagePoint) -> ImagePoint { ImagePoint(x: a.x + b.x, y: a.y + b.y) }
    static func * (a: ImagePoint, factor: Double) -> ImagePoint { ImagePoint(x: a.x * factor, y: a.y * factor) }
}

/// Width and height of a picture in pixels.
public struct PixelSize: Sendable, Equatable {
    /// Pixels of a row.
    public var width: Int
    /// Rows.
    public var height: Int

    /// A size.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// A rectangle in pixels of a picture; right and bottom are outside it. It may reach out of the picture.
public struct PixelBox: Sendable, Equatable {
    /// Left side.
    public var left: Double
    /// Upper side.
    public var top: Double
    /// Right side, outside.
    public var right: Double
    /// Lower side, outside.
    public var bottom: Double

    /// A rectangle of its four sides.
    public init(left: Double, top: Double, right: Double, bottom: Double) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }

    /// Width in pixels.
    public var width: Double { right - left }
    /// Height in pixels.
    public var height: Double { bottom - top }
    /// The middle.
    public var center: ImagePoint { ImagePoint(x: (left + right) / 2, y: (top + bottom) / 2) }
    /// Width times height, 0 for an empty box.
    public var area: Double { max(0, width) * max(0, height) }

    /// Intersection over union with another box, 0...1.
    public func overlap(with other: PixelBox) -> Double {
        let common = PixelBox(
            left: max(left, other.left), top: max(top, other.top),
            right: min(right, other.right), bottom: min(bottom, other.bottom)
        ).area
        let union = area + other.area - common
        return union > 0 ? common / union : 0
    }

    /// A box of a Vision rectangle: 0...1 of the picture with its origin at the lower left, in pixels of `size`.
    public init(normalizedX x: Double, y: Double, width: Double, height: Double, in size: PixelSize) {
        let (wide, high) = (Double(size.width), Double(size.height))
        self.init(left: x * wide, top: (1 - y - height) * high, right: (x + width) * wide, bottom: (1 - y) * high)
    }
}
