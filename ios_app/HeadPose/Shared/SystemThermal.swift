import Foundation
import HeadPoseCore
import SwiftUI

/// The phone's own thermal state.
struct SystemThermal: ThermalSource {
    /// The state now.
    func thermalState() -> ThermalState {
        switch ProcessInfo.processInfo.thermalState {
        case .nominal: .nominal
        case .fair: .fair
        case .serious: .serious
        case .critical: .critical
        @unknown default: .critical
        }
    }
}

extension ThermalState {
    /// For people.
    var title: String {
        switch self {
        case .nominal: String(localized: "cool")
        case .fair: String(localized: "warm")
        case .serious: String(localized: "hot: slowed down")
        case .critical: String(localized: "too hot: slowed down much")
        }
    }

    /// For a small sign beside it.
    var symbol: String { throttles ? "thermometer.high" : "thermometer.medium" }
    /// Its colour; never the only sign.
    var color: Color { throttles ? .red : self == .fair ? .orange : .green }
}
