import Foundation
import HeadPoseCore
import UIKit

/// Makes a measurement's subject of a model on this phone; the screen and the benchmark test both use it.
enum BenchmarkBench {
    /// What is measured for a job: one inference on the example's crop.
    ///
    /// - Parameters:
    ///   - job: what to measure.
    ///   - facts: facts of the file; nil for those of its own manifest line or metadata.
    /// - Returns: the subject, with the compute plan's placement.
    /// - Throws: `HeadPoseError`, or Core ML's error.
    static func subject(_ job: BenchmarkJob, facts: BenchmarkRecord.Model? = nil) async throws -> BenchmarkSubject {
        let loaded = try await ModelLoader.load(job.model, units: job.units)
        let input = try crop(for: loaded.facts)
        let (file, units) = (job.model, job.units)
        let (device, conditions) = (await phone(), await circumstances())
        var subject = BenchmarkSubject(
            model: try facts ?? model(job.model, loaded), device: device, computeUnits: job.units,
            tool: "HeadPose \(Phone.appVersion)", engine: "Core ML (\(device.os))"
        ) {
            CoreMLInference(loaded: try await ModelLoader.load(file, units: units), input: input)
        }
        subject.placement = await ComputePlan.placement(of: loaded.compiled, units: job.units)
        subject.parity = loaded.facts.parity
        subject.tools = loaded.facts.tools
        subject.conditions = conditions
        subject.emulated = Phone.isSimulator
        return subject
    }

    /// A runner on this phone's clock and thermal state.
    static func runner(coolDown: CoolDown = .standard) -> BenchmarkRunner {
        BenchmarkRunner(thermal: SystemThermal(), coolDown: coolDown)
    }

    /// The example's face as the network sees it, so that a real picture is measured.
    private static func crop(for facts: ModelFacts) throws -> PixelBuffer {
        let (golden, picture) = (try Example.golden(), try StillPicture.read(try Example.data()))
        let crop = try CropTransform(
            face: golden.face, geometry: picture.geometry, rule: facts.crop, inputSize: facts.inputSize)
        let input = try PixelBuffer.make(width: facts.inputSize, height: facts.inputSize)
        try picture.pixels.cut(crop, into: input)
        return input
    }

    /// Facts of a file without a manifest line: hash and size are then those of its compiled form.
    private static func model(_ file: ModelFile, _ loaded: LoadedModel) throws -> BenchmarkRecord.Model {
        if let entry = file.entry { return entry.recordModel }
        let hash = PackageHash { SystemDigest() }
        return loaded.facts.recordModel(
            sha256: try hash.hash(of: loaded.compiled), sizeBytes: try hash.size(of: loaded.compiled))
    }

    @MainActor private static func phone() -> BenchmarkRecord.Device {
        let system = UIDevice.current
        return Phone.device(
            system: "\(system.systemName) \(system.systemVersion)",
            lowPower: ProcessInfo.processInfo.isLowPowerModeEnabled)
    }

    @MainActor private static func circumstances() -> [String: String] {
        let device = UIDevice.current
        device.isBatteryMonitoringEnabled = true
        var conditions = ["screen": "on"]
        if device.batteryLevel >= 0 { conditions["battery"] = "\(Int((device.batteryLevel * 100).rounded())) %" }
        switch device.batteryState {
        case .charging, .full: conditions["power"] = "charging"
        case .unplugged: conditions["power"] = "battery"
        default: break
        }
        return conditions
    }
}
