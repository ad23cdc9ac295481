/// Frames per second over the last moments, and a steady mean of how long something takes.
public struct FrameRateMeter: Sendable {
    private let windowSeconds: Double
    private var times: [Double] = []
    private var durations: [Double] = []

    /// A meter over the last so many seconds.
    public init(windowSeconds: Double = 1) {
        self.windowSeconds = windowSeconds > 0 ? windowSeconds : 1
    }

    /// Notes that a frame was done at a time in seconds, and took so long.
    public mutating func note(timeSeconds: Double, durationMs: Double = 0) {
        if let last = times.last, timeSeconds < last { reset() }
        times.append(timeSeconds)
        durations.append(durationMs)
        let old = times.prefix { timeSeconds - $0 > windowSeconds }.count
        times.removeFirst(old)
        durations.removeFirst(old)
    }

    /// Forgets everything, as after a pause.
    public mutating func reset() {
        times = []
        durations = []
    }

    /// Frames per second; 0 until two frames were seen.
    public var framesPerSecond: Double {
        guard let first = times.first, let last = times.last, last > first else { return 0 }
        return Double(times.count - 1) / (last - first)
    }

    /// Mean of the durations, milliseconds; 0 before the first frame.
    public var meanDurationMs: Double { durations.isEmpty ? 0 : Sums.mean(durations) }
}
