import Foundation

/// Figures of a list of latency samples, milliseconds; nil where a foreign tool does not tell.
///
/// The arithmetic is that of the Python tools (benchmarks/latency.py), down to the rounding.
public struct LatencyStats: Sendable, Equatable, Codable {
    /// Median.
    public var p50: Double
    /// Arithmetic mean.
    @ExplicitNull public var mean: Double?
    /// Standard deviation of the sample (n − 1).
    @ExplicitNull public var std: Double?
    /// Fastest.
    @ExplicitNull public var min: Double?
    /// 90th percentile; percentiles interpolate linearly.
    @ExplicitNull public var p90: Double?
    /// 95th percentile.
    @ExplicitNull public var p95: Double?
    /// 99th percentile.
    @ExplicitNull public var p99: Double?
    /// Slowest.
    @ExplicitNull public var max: Double?
    /// As Apple's ModelBench computes it, see `trimmedMean(of:)`.
    @ExplicitNull public var trimmedMean: Double?

    enum CodingKeys: String, CodingKey {
        case p50, mean, std, min, p90, p95, p99, max
        case trimmedMean = "trimmed_mean"
    }

    /// The figures of at least one sample in milliseconds, rounded to four digits.
    ///
    /// - Throws: `HeadPoseError` for no samples, or one that is not finite.
    public init(of samples: [Double]) throws {
        guard !samples.isEmpty, samples.allSatisfy(\.isFinite) else {
            throw HeadPoseError("a latency needs at least one finite sample: measure again with more rounds")
        }
        let sorted = samples.sorted()
        let mean = Sums.mean(samples)
        let squares = Sums.sum(samples.map { ($0 - mean) * ($0 - mean) })
        let variance = samples.count > 1 ? squares / Double(samples.count - 1) : 0
        func percentile(_ percent: Double) -> Double { LatencyStats.percentile(percent, ofSorted: sorted) }
        p50 = LatencyStats.rounded(percentile(50))
        self.mean = LatencyStats.rounded(mean)
        std = LatencyStats.rounded(variance.squareRoot())
        min = LatencyStats.rounded(sorted[0])
        p90 = LatencyStats.rounded(percentile(90))
        p95 = LatencyStats.rounded(percentile(95))
        p99 = LatencyStats.rounded(percentile(99))
        max = LatencyStats.rounded(sorted[sorted.count - 1])
        trimmedMean = LatencyStats.rounded(LatencyStats.trimmedMean(of: samples))
    }

    /// Samples of a round of ModelBench.
    public static let round = 50
    /// Share of a round that ModelBench leaves out at either end: 10 of 50.
    public static let roundTrim = 0.2

    /// Rounds of 50 samples in order, each without its 10 fastest and 10 slowest; the mean of the rounds' means.
    ///
    /// A last round that is not full is left out. If it is the only one, a fifth of it (rounded down) goes at either end.
    /// Source: the protocol of Apple's ml-mobileone ModelBench, 20 rounds of 50. NaN for no samples.
    public static func trimmedMean(of samples: [Double]) -> Double {
        let full = samples.count / round
        let rounds = full == 0 ? [samples] : (0..<full).map { Array(samples[$0 * round..<($0 + 1) * round]) }
        let means = rounds.map { one in
            let cut = Int(Double(one.count) * roundTrim)
            return Sums.mean(Array(one.sorted()[cut..<one.count - cut]))
        }
        return Sums.mean(means)
    }

    /// A percentile, 0...100, of samples in rising order, by linear interpolation between the two nearest ranks.
    static func percentile(_ percent: Double, ofSorted sorted: [Double]) -> Double {
        let rank = Double(sorted.count - 1) * (percent / 100)
        let below = Int(rank.rounded(.down))
        let above = Swift.min(below + 1, sorted.count - 1)
        let (part, step) = (rank - Double(below), sorted[above] - sorted[below])
        return part < 0.5 ? sorted[below] + step * part : sorted[above] - step * (1 - part)
    }

    /// Four digits after the point, rounded on the exact decimal value as printf and Python do.
    static func rounded(_ value: Double) -> Double {
        Double(String(format: "%.4f", value)) ?? value
    }
}

/// Sums without the rounding errors that a long list piles up (Neumaier 1974).
enum Sums {
    static func sum(_ values: [Double]) -> Double {
        var (sum, lost) = (0.0, 0.0)
        for value in values {
            let next = sum + value
            lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
            sum = next
        }
        return sum + lost
    }

    static func mean(_ values: [Double]) -> Double { sum(values) / Double(values.count) }
}
