import Foundation

/// A unit quaternion of a rotation.
struct Quaternion: Sendable, Equatable {
    var w: Double
    var v: Vector3

    /// Sine of half an angle below which the axis is noise.
    private static let tiny = 1e-12

    var conjugate: Quaternion { Quaternion(w: w, v: v * -1) }

    var normalized: Quaternion {
        let length = (w * w + v.dot(v)).squareRoot()
        return Quaternion(w: w / length, v: v * (1 / length))
    }

    /// Axis times angle in radians, at most π: of the two quaternions of a rotation the one with w ≥ 0.
    var rotationVector: Vector3 {
        let q = w < 0 ? Quaternion(w: -w, v: v * -1) : self
        let sine = q.v.length
        return sine < Quaternion.tiny ? q.v * 2 : q.v * (2 * atan2(sine, q.w) / sine)
    }

    static func * (a: Quaternion, b: Quaternion) -> Quaternion {
        Quaternion(w: a.w * b.w - a.v.dot(b.v), v: b.v * a.w + a.v * b.w + a.v.cross(b.v))
    }
}

extension Quaternion {
    /// Of four formulas the one without cancellation (Shepperd 1978).
    init(_ r: Matrix3) {
        let (x, y, z) = (r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1])
        let (xy, xz, yz) = (r[0, 1] + r[1, 0], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1])
        let (a, b, c) = (r[0, 0], r[1, 1], r[2, 2])
        let rows = [
            (1 + a + b + c, Quaternion(w: 1 + a + b + c, v: Vector3(x, y, z))),
            (1 + a - b - c, Quaternion(w: x, v: Vector3(1 + a - b - c, xy, xz))),
            (1 - a + b - c, Quaternion(w: y, v: Vector3(xy, 1 - a + b - c, yz))),
            (1 - a - b + c, Quaternion(w: z, v: Vector3(xz, yz, 1 - a - b + c))),
        ]
        let best = rows.dropFirst().reduce(rows[0]) { $1.0 > $0.0 ? $1 : $0 }.1.normalized
        self = best.w < 0 ? Quaternion(w: -best.w, v: best.v * -1) : best
    }

    /// The rotation about a vector by its length in radians.
    init(rotationVector vector: Vector3) {
        let half = vector.length / 2
        let scale = half < Quaternion.tiny ? 0.5 : sin(half) / (2 * half)
        self.init(w: cos(half), v: vector * scale)
    }

    var rotation: Matrix3 {
        let (x, y, z) = (v.x, v.y, v.z)
        return Matrix3(unchecked: [
            1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
            2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
        ])
    }
}
