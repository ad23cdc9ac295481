import Foundation
import HeadPoseCore
import UIKit
import XCTest

@testable import HeadPose

/// The benchmark that `headpose bench iphone` asks for: its order comes in the environment variable HEADPOSE_BENCHMARK,
/// its results go out as the attachment headpose-benchmark.json. Without an order the test is skipped.
final class BenchmarkTests: XCTestCase {
    func testBenchmark() async throws {
        guard let text = ProcessInfo.processInfo.environment[BenchmarkOrder.variable] else {
            throw XCTSkip("no \(BenchmarkOrder.variable): run  headpose bench iphone")
        }
        executionTimeAllowance = 3600  // the same patience as the command's, where a test plan limits it at all
        let order = try BenchmarkOrder.read(Data(text.utf8))
        await MainActor.run { UIApplication.shared.isIdleTimerDisabled = true }
        let runner = BenchmarkBench.runner()
        var records: [BenchmarkRecord] = []
        for model in order.models {
            let file = try ModelOnDevice.named(model.name)
            for units in order.computeUnits {
                for rules in order.protocols {
                    let job = BenchmarkJob(model: file, units: units, rules: rules)
                    records.append(
                        try await runner.measure(try await BenchmarkBench.subject(job, facts: model), by: rules))
                }
            }
        }
        let attachment = XCTAttachment(
            data: try BenchmarkRecord.canonicalJSON(of: records), uniformTypeIdentifier: "public.json")
        attachment.name = BenchmarkOrder.attachment
        attachment.lifetime = .keepAlways
        add(attachment)
    }
}
