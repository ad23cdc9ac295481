import Foundation
import HeadPoseCore
import SwiftUI

extension Double {
    /// As people write it where they live, with so many digits behind the point.
    func shown(_ digits: Int = 1) -> String { formatted(.number.precision(.fractionLength(digits))) }
    /// 0...1 as people write parts of a hundred where they live.
    var percent: String { formatted(.percent.precision(.fractionLength(0))) }
}

extension Int {
    /// As people write it where they live.
    var shown: String { formatted() }
}

extension EulerAngles {
    /// One line for people, whole degrees, also read aloud.
    var summary: String {
        let angles = [yawDegrees, pitchDegrees, rollDegrees].map { $0.shown(0) }
        return String(localized: "yaw \(angles[0])°, pitch \(angles[1])°, roll \(angles[2])°")
    }
}

extension LineColor {
    /// For drawing.
    var color: Color {
        switch self {
        case .red: .red
        case .green: .green
        case .blue: .blue
        }
    }
}

extension DrawingStyle {
    /// For a picker.
    var title: String {
        switch self {
        case .axes: String(localized: "Axes")
        case .cube: String(localized: "Cube")
        }
    }
}

extension ComputeUnits {
    /// For a picker.
    var title: String {
        switch self {
        case .all: String(localized: "All")
        case .cpuAndNeuralEngine: String(localized: "CPU and Neural Engine")
        case .cpuAndGPU: String(localized: "CPU and GPU")
        case .cpuOnly: String(localized: "CPU only")
        }
    }
}

/// Names of compute units for people.
enum UnitName {
    /// `ane` → Neural Engine.
    static func title(_ unit: String) -> String {
        switch unit {
        case "ane": String(localized: "Neural Engine")
        case "gpu": String(localized: "GPU")
        case "cpu": String(localized: "CPU")
        default: unit
        }
    }
}
