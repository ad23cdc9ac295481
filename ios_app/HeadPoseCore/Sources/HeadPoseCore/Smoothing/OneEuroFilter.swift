import Foundation

/// The 1€ filter: still heads are smoothed much, fast ones little, so that noise goes and lag does not come.
///
/// The paper's x is a number; here it is a rotation, its difference to the last estimate the rotation vector between
/// them, and its speed the length of the smoothed vector.
///
/// Source: Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
/// Systems", CHI 2012, algorithm 1.
public struct OneEuroFilter: RotationFilter {
    /// What can be set.
    public struct Parameters: Sendable, Equatable, Codable {
        /// Cutoff of a head at rest, Hz; lower means less jitter.
        public var minimumCutoffHz: Double
        /// Cutoff added for each radian per second of speed, Hz; higher means less lag, 0 switches that off.
        public var beta: Double
        /// Cutoff for the speed itself, Hz; the paper takes 1.
        public var derivativeCutoffHz: Double
        /// A longer gap between frames starts anew, seconds.
        public var resetAfterSeconds: Double

        enum CodingKeys: String, CodingKey {
            case minimumCutoffHz = "min_cutoff_hz"
            case beta
            case derivativeCutoffHz = "derivative_cutoff_hz"
            case resetAfterSeconds = "reset_after_s"
        }

        /// Parameters; what is not above 0 (`beta`: below 0) is replaced by the usual value.
        public init(
            minimumCutoffHz: Double = 1, beta: Double = 1.5, derivativeCutoffHz: Double = 1,
            resetAfterSeconds: Double = 0.5
        ) {
            self.minimumCutoffHz = positive(minimumCutoffHz, else: 1)
            self.beta = beta == 0 ? 0 : positive(beta, else: 1.5)
            self.derivativeCutoffHz = positive(derivativeCutoffHz, else: 1)
            self.resetAfterSeconds = positive(resetAfterSeconds, else: 0.5)
        }
    }

    private let parameters: Parameters
    private var state: GeodesicState
    private var velocity = Vector3(0, 0, 0)

    /// A filter of one head.
    public init(_ parameters: Parameters = Parameters()) {
        self.parameters = parameters
        state = GeodesicState(resetAfterSeconds: parameters.resetAfterSeconds)
    }

    /// Takes in a rotation seen at a time in seconds, gives the smoothed one.
    public mutating func update(_ rotation: Matrix3, timeSeconds: Double) -> Matrix3 {
        // The speed of the first sample is 0, as in the paper.
        var velocity = state.startsAnew(at: timeSeconds) ? Vector3(0, 0, 0) : self.velocity
        defer { self.velocity = velocity }
        return state.follow(rotation, at: timeSeconds) { [parameters] turn, step in
            let weight = OneEuroFilter.alpha(parameters.derivativeCutoffHz, step)
            velocity = turn * (weight / step) + velocity * (1 - weight)
            return OneEuroFilter.alpha(parameters.minimumCutoffHz + parameters.beta * velocity.length, step)
        }
    }

    /// Forgets everything.
    public mutating func reset() {
        state.reset()
    }

    /// Smoothing factor of a first-order low-pass filter, 1 / (1 + τ / Δt) with τ = 1 / (2π · cutoff).
    private static func alpha(_ cutoffHz: Double, _ stepSeconds: Double) -> Double {
        1 / (1 + 1 / (2 * .pi * cutoffHz * stepSeconds))
    }
}
