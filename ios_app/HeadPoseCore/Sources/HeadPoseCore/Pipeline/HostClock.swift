import Foundation

/// Time, so that tests can make their own.
public protocol HostClock: Sendable {
    /// Seconds that only go forward, and stand still while the device sleeps.
    func monotonicSeconds() -> Double
    /// Seconds since 1970, as the person's clock shows them.
    func wallSeconds() -> Double
    /// Waits; throws `CancellationError` when the task is cancelled meanwhile.
    func sleep(seconds: Double) async throws
}

/// The device's own time.
public struct SystemClock: HostClock {
    /// The device's own time.
    public init() {}

    /// Seconds since the device started, without its sleep.
    public func monotonicSeconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

    /// Seconds since 1970.
    public func wallSeconds() -> Double { Date().timeIntervalSince1970 }

    /// Waits.
    public func sleep(seconds: Double) async throws {
        try await Task.sleep(nanoseconds: UInt64(max(0, seconds) * 1e9))
    }
}

/// Thermal states by Apple's names, coolest first (`ProcessInfo.ThermalState`).
public enum ThermalState: String, Sendable, CaseIterable, Comparable, Codable {
    /// Nothing to note.
    case nominal
    /// Slightly warm.
    case fair
    /// The system slows down.
    case serious
    /// The system slows down much.
    case critical

    /// Cooler first.
    public static func < (a: ThermalState, b: ThermalState) -> Bool { a.rank < b.rank }

    /// Whether the system slows down in this state.
    public var throttles: Bool { self >= .serious }

    private var rank: Int { ThermalState.allCases.firstIndex(of: self) ?? 0 }
}

/// Where the thermal state comes from.
public protocol ThermalSource: Sendable {
    /// The state now.
    func thermalState() -> ThermalState
}
