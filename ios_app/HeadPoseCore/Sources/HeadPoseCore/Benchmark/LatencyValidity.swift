import Foundation

/// Whether latency samples may be quoted: the rules, and the sentences, of the Python tools (benchmarks/latency.py).
public enum LatencyValidity {
    /// Below this a p95 is one sample.
    public static let minimumSamples = 20
    /// Seconds of all samples together; below this one interruption is all that was seen.
    public static let minimumSeconds = 0.25
    /// Medians of the first and the last third: a machine that heats up or gets busy.
    public static let maximumDrift = 0.10
    /// p90 / p50: other work on the same cores.
    public static let maximumSpread = 1.5
    /// Wall clock against monotonic clock, seconds: the device slept, or its clock was set.
    public static let maximumClockJumpSeconds = 1.0

    /// What else was seen while the samples were taken.
    public struct Circumstances: Sendable, Equatable {
        /// Whether something else than the device's own engine ran.
        public var emulated: Bool
        /// By how much the wall clock ran ahead of the monotonic one, seconds.
        public var clockJumpSeconds: Double
        /// The thermal state in the system's words if it slowed the device down, else nil.
        public var throttled: String?

        /// Circumstances; the usual ones say nothing against a measurement.
        public init(emulated: Bool = false, clockJumpSeconds: Double = 0, throttled: String? = nil) {
            self.emulated = emulated
            self.clockJumpSeconds = clockJumpSeconds
            self.throttled = throttled
        }

        var reasons: [String] {
            var reasons = emulated ? ["the times are those of an emulation"] : []
            if let throttled { reasons.append("the device was throttled: thermal state \(throttled)") }
            if abs(clockJumpSeconds) > maximumClockJumpSeconds {
                let jump = String(format: "%+.0f", clockJumpSeconds)
                reasons.append("the clock jumped by \(jump) s: the computer slept, or its time was set")
            }
            return reasons
        }
    }

    /// Why these samples, milliseconds in the order they were taken, may not be quoted; empty if they may.
    public static func reasons(against samples: [Double], _ seen: Circumstances = Circumstances()) -> [String] {
        var reasons = seen.reasons
        guard samples.count >= minimumSamples else { return reasons + [few(samples.count)] }
        reasons += short(Sums.sum(samples) / 1e3)
        let third = samples.count / 3
        let drift = median(samples.suffix(third)) / median(samples.prefix(third)) - 1
        if abs(drift) > maximumDrift {
            let change = String(format: "%+.0f%%", drift * 100)
            reasons.append("the median drifted by \(change) from the first to the last third")
        }
        let sorted = samples.sorted()
        let p50 = LatencyStats.percentile(50, ofSorted: sorted)
        return reasons + spread("p90", LatencyStats.percentile(90, ofSorted: sorted), p50)
    }

    /// The same of a tool that tells figures and no samples; drift cannot be seen then.
    public static func reasons(
        against stats: LatencyStats, iterations: Int, _ seen: Circumstances = Circumstances()
    ) -> [String] {
        guard iterations >= minimumSamples else { return seen.reasons + [few(iterations)] }
        let seconds = Double(iterations) * (stats.mean ?? stats.p50) / 1e3
        let high = stats.p90.map { ("p90", $0) } ?? stats.p95.map { ("p95", $0) }
        return seen.reasons + short(seconds) + (high.map { spread($0.0, $0.1, stats.p50) } ?? [])
    }

    private static func few(_ count: Int) -> String { "\(count) samples, fewer than \(minimumSamples)" }

    private static func short(_ seconds: Double) -> [String] {
        guard seconds < minimumSeconds else { return [] }
        return [String(format: "%.2f s of samples, less than %g s", seconds, minimumSeconds)]
    }

    private static func spread(_ name: String, _ high: Double, _ p50: Double) -> [String] {
        guard high > maximumSpread * p50 else { return [] }
        return ["\(name) is \(String(format: "%.1f", high / p50)) times p50: other work ran on the same cores"]
    }

    private static func median(_ samples: ArraySlice<Double>) -> Double {
        LatencyStats.percentile(50, ofSorted: samples.sorted())
    }
}
