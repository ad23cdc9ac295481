import Foundation

/// Smooths one head's rotations over time, on SO(3): no angle is averaged, so nothing breaks at ±180° or gimbal lock.
public protocol RotationFilter: Sendable {
    /// Takes in a rotation seen at a time in seconds of any steady clock, gives the smoothed one.
    ///
    /// The first rotation, and the first after a long gap, comes back as it is; a frame that is not later than the last
    /// one changes nothing.
    mutating func update(_ rotation: Matrix3, timeSeconds: Double) -> Matrix3

    /// Forgets everything: the next rotation is taken as it is.
    mutating func reset()
}

/// The last estimate and its time, which go along the geodesic (slerp) towards a new rotation.
struct GeodesicState: Sendable {
    let resetAfterSeconds: Double
    private(set) var estimate: Quaternion?
    private var timeSeconds = 0.0

    init(resetAfterSeconds: Double) {
        self.resetAfterSeconds = resetAfterSeconds
    }

    /// Whether the next rotation at this time is taken as it is.
    func startsAnew(at time: Double) -> Bool {
        estimate == nil || time - timeSeconds > resetAfterSeconds
    }

    mutating func reset() {
        estimate = nil
    }

    /// Goes the part of the way that `weight` says of (turn from the estimate, seconds since it).
    mutating func follow(_ rotation: Matrix3, at time: Double, weight: (Vector3, Double) -> Double) -> Matrix3 {
        let new = Quaternion(rotation)
        guard let old = estimate, !startsAnew(at: time) else {
            (estimate, timeSeconds) = (new, time)
            return new.rotation
        }
        let step = time - timeSeconds
        guard step > 0 else { return old.rotation }
        let turn = (new * old.conjugate).rotationVector
        let moved = (Quaternion(rotationVector: turn * weight(turn, step)) * old).normalized
        (estimate, timeSeconds) = (moved, time)
        return moved.rotation
    }
}

/// What the person chose.
public enum SmoothingChoice: Sendable, Equatable {
    /// Every rotation as the network read it.
    case off
    /// Exponential smoothing.
    case slerp(SlerpFilter.Parameters)
    /// The 1€ filter.
    case oneEuro(OneEuroFilter.Parameters)

    /// The 1€ filter with its usual parameters.
    public static let standard = SmoothingChoice.oneEuro(OneEuroFilter.Parameters())

    /// A fresh filter for one head; nil for `off`.
    public func makeFilter() -> (any RotationFilter)? {
        switch self {
        case .off: nil
        case .slerp(let parameters): SlerpFilter(parameters)
        case .oneEuro(let parameters): OneEuroFilter(parameters)
        }
    }
}

/// A parameter as it may be, or the usual one: a filter must not stop a live picture because a slider stood at 0.
func positive(_ value: Double, else usual: Double) -> Double {
    value.isFinite && value > 0 ? value : usual
}
