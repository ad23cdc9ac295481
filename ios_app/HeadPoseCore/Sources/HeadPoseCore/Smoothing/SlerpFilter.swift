import Foundation

/// Exponential smoothing: of the way to a new rotation it goes 1 − exp(−Δt / time constant), at any frame rate.
///
/// Source of slerp: Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985.
public struct SlerpFilter: RotationFilter {
    /// What can be set.
    public struct Parameters: Sendable, Equatable, Codable {
        /// After this long 63 % of a sudden turn are followed, seconds.
        public var timeConstantSeconds: Double
        /// A longer gap between frames starts anew, seconds.
        public var resetAfterSeconds: Double

        enum CodingKeys: String, CodingKey {
            case timeConstantSeconds = "time_constant_s"
            case resetAfterSeconds = "reset_after_s"
        }

        /// Parameters; what is not above 0 is replaced by the usual value.
        public init(timeConstantSeconds: Double = 0.1, resetAfterSeconds: Double = 0.5) {
            self.timeConstantSeconds = positive(timeConstantSeconds, else: 0.1)
            self.resetAfterSeconds = positive(resetAfterSeconds, else: 0.5)
        }
    }

    private let timeConstantSeconds: Double
    private var state: GeodesicState

    /// A filter of one head.
    public init(_ parameters: Parameters = Parameters()) {
        timeConstantSeconds = parameters.timeConstantSeconds
        state = GeodesicState(resetAfterSeconds: parameters.resetAfterSeconds)
    }

    /// Takes in a rotation seen at a time in seconds, gives the smoothed one.
    public mutating func update(_ rotation: Matrix3, timeSeconds: Double) -> Matrix3 {
        state.follow(rotation, at: timeSeconds) { _, step in -expm1(-step / timeConstantSeconds) }
    }

    /// Forgets everything.
    public mutating func reset() {
        state.reset()
    }
}
