import Foundation

/// Angles for people, in degrees, as in the 300W-LP files. Calculate with `Matrix3`, not with these.
public struct EulerAngles: Sendable, Equatable {
    /// Above 0: looks up. Read from a rotation −180...180.
    public let pitchDegrees: Double
    /// Above 0: turns to the image's left. Read from a rotation −90...90.
    public let yawDegrees: Double
    /// Above 0: tilts clockwise in the image. Read from a rotation −180...180.
    public let rollDegrees: Double

    /// Cosine of the yaw below which pitch and roll are the same turn.
    private static let gimbal = 1e-6

    /// Angles in degrees.
    public init(pitchDegrees: Double, yawDegrees: Double, rollDegrees: Double) {
        self.pitchDegrees = pitchDegrees
        self.yawDegrees = yawDegrees
        self.rollDegrees = rollDegrees
    }

    /// The angles of a rotation.
    ///
    /// At a yaw of ±90° pitch and roll turn about one axis: roll is then 0 and pitch carries the whole turn, as in
    /// 6DRepNet.
    public init(_ r: Matrix3) {
        let cosine = hypot(r[0, 0], r[1, 0])
        let locked = cosine < EulerAngles.gimbal
        let pitch = locked ? atan2(-r[1, 2], r[1, 1]) : atan2(r[2, 1], r[2, 2])
        pitchDegrees = pitch * 180 / .pi
        yawDegrees = atan2(-r[2, 0], cosine) * 180 / .pi
        rollDegrees = (locked ? 0 : atan2(r[1, 0], r[0, 0])) * 180 / .pi
    }

    /// R = Rz(roll) · Ry(yaw) · Rx(pitch).
    public var rotation: Matrix3 {
        let (p, y, r) = (pitchDegrees * .pi / 180, yawDegrees * .pi / 180, rollDegrees * .pi / 180)
        let (cp, sp, cy, sy, cr, sr) = (cos(p), sin(p), cos(y), sin(y), cos(r), sin(r))
        return Matrix3(unchecked: [
            cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp,
            sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp,
            -sy, cy * sp, cy * cp,
        ])
    }

    /// The three angles as a label shows them: `yaw +12.3°`, `pitch −…`, `roll …`, one line each.
    public var labelLines: [String] {
        [("yaw", yawDegrees), ("pitch", pitchDegrees), ("roll", rollDegrees)].map { name, angle in
            "\(name) \(String(format: "%+.1f", angle))°"
        }
    }
}
