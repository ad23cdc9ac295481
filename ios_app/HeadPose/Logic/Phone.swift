import Foundation
import HeadPoseCore

/// Facts of the device that the app runs on.
enum Phone {
    /// Model identifier, `iPhone13,2`; in a simulator that of the simulated phone.
    static var identifier: String {
        if let simulated = ProcessInfo.processInfo.environment["SIMULATOR_MODEL_IDENTIFIER"] { return simulated }
        var system = utsname()
        uname(&system)
        return withUnsafeBytes(of: &system.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Whether this is a simulator: its times say nothing of a phone.
    static var isSimulator: Bool {
        #if targetEnvironment(simulator)
            true
        #else
            false
        #endif
    }

    /// The facts that a benchmark record keeps.
    ///
    /// - Parameters:
    ///   - system: name and version of the system.
    ///   - lowPower: whether the low-power mode is on.
    /// - Returns: the facts; a measurement fills in the thermal states.
    static func device(system: String, lowPower: Bool) -> BenchmarkRecord.Device {
        let process = ProcessInfo.processInfo
        return BenchmarkRecord.Device(
            model: identifier, soc: Iphone.known(identifier)?.soc, os: system, cores: process.activeProcessorCount,
            memoryGb: (Double(process.physicalMemory) / 1e8).rounded() / 10, lowPower: lowPower)
    }

    /// The app's version, `1.0`.
    static var appVersion: String {
        Bundle.main.object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String ?? "0"
    }
}
