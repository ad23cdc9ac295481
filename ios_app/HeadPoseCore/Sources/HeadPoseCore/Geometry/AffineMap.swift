/// x' = a·x + c·y + tx, y' = b·x + d·y + ty: the six numbers of a `CGAffineTransform`, in its order.
public struct AffineMap: Sendable, Equatable {
    /// How far x' goes with x.
    public let a: Double
    /// How far y' goes with x.
    public let b: Double
    /// How far x' goes with y.
    public let c: Double
    /// How far y' goes with y.
    public let d: Double
    /// Shift of x'.
    public let tx: Double
    /// Shift of y'.
    public let ty: Double

    /// Leaves every place where it is.
    public static let identity = AffineMap(a: 1, b: 0, c: 0, d: 1, tx: 0, ty: 0)

    /// A map of its six numbers.
    public init(a: Double, b: Double, c: Double, d: Double, tx: Double, ty: Double) {
        self.a = a
        self.b = b
        self.c = c
        self.d = d
        self.tx = tx
        self.ty = ty
    }

    /// Where a place goes.
    public func apply(_ p: ImagePoint) -> ImagePoint {
        ImagePoint(x: a * p.x + c * p.y + tx, y: b * p.x + d * p.y + ty)
    }

    /// Where a box goes: the smallest upright box around it.
    public func apply(_ box: PixelBox) -> PixelBox {
        let p = apply(ImagePoint(x: box.left, y: box.top))
        let q = apply(ImagePoint(x: box.right, y: box.bottom))
        let r = apply(ImagePoint(x: box.left, y: box.bottom))
        let s = apply(ImagePoint(x: box.right, y: box.top))
        let (xs, ys) = ([p.x, q.x, r.x, s.x].sorted(), [p.y, q.y, r.y, s.y].sorted())
        return PixelBox(left: xs[0], top: ys[0], right: xs[3], bottom: ys[3])
    }

    /// This map, then another.
    public func then(_ next: AffineMap) -> AffineMap {
        AffineMap(
            a: next.a * a + next.c * b, b: next.b * a + next.d * b,
            c: next.a * c + next.c * d, d: next.b * c + next.d * d,
            tx: next.a * tx + next.c * ty + next.tx, ty: next.b * tx + next.d * ty + next.ty)
    }

    /// The way back; nil for a map that has none because it squeezes the plane into a line.
    public var inverse: AffineMap? {
        let determinant = a * d - b * c
        guard determinant != 0, determinant.isFinite else { return nil }
        let (ia, ib, ic, id) = (d / determinant, -b / determinant, -c / determinant, a / determinant)
        return AffineMap(a: ia, b: ib, c: ic, d: id, tx: -(ia * tx + ic * ty), ty: -(ib * tx + id * ty))
    }
}
