import Foundation
import HeadPoseCore
import Testing

@Suite("benchmark records, byte for byte as Python writes them")
struct RecordTests {
    @Test func readAndWrittenAgain() throws {
        for data in [try Golden.data("record_full.json"), try Golden.data("record_minimal.json")] {
            let record = try BenchmarkRecord.read(data)
            let one = String(decoding: data, as: UTF8.self)
            #expect(String(decoding: try record.canonicalJSON(), as: UTF8.self) == one)
            let list = try BenchmarkRecord.canonicalJSON(of: [record, record])
            #expect(String(decoding: list, as: UTF8.self) == "[\(one),\(one)]")
        }
    }

    @Test func everyFieldIsRead() throws {
        let record = try BenchmarkRecord.read(Golden.data("record_full.json"))
        #expect(
            record.device.model == "iPhone13,2" && record.device.thermalEnd == "fair" && record.device.lowPower == false
        )
        #expect(record.run.warmup == 50 && record.run.includes == ["crop", "inference"])
        #expect(try record.latencyMs == LatencyStats(of: record.samplesMs))
        #expect(record.placement.map(\.unit) == ["ane", "cpu"] && record.operators.first?.calls == 248)
        #expect(record.accuracy?.n == 256 && record.memoryMb?.baseMb == 40 && record.energyMj == 3.5e-05)
        #expect(record.parity?["passed"]?.bool == true && record.parity?["mean_deg"]?.double == 0.019559717412042647)
        #expect(record.model.git["commit"]?.string?.count == 40)
        #expect(record.loadMs == BenchmarkRecord.LoadTimes(cold: 812.5, warm: 21.0625))
        #expect(record.stagesMs.keys.sorted() == ["crop", "inference"] && record.valid)
    }

    @Test func aMissingFieldIsNamed() throws {
        let text = String(decoding: try Golden.data("record_minimal.json"), as: UTF8.self)
        let damaged = text.replacingOccurrences(of: "\"cores\":6,", with: "")
        do {
            _ = try BenchmarkRecord.read(Data(damaged.utf8), what: "a.json")
            Issue.record("it was read")
        } catch let error as HeadPoseError {
            #expect(error.message == "a.json cannot be read (device.cores is missing): measure again")
            #expect(error.localizedDescription == error.message)
        }
    }

    struct Damage: Sendable {
        let from, to, told: String
    }

    @Test(arguments: [
        Damage(from: "\"schema\":2", to: "\"schema\":1", told: "schema 1, this version reads 2"),
        Damage(from: "\"cores\":6", to: "\"cores\":\"six\"", told: "device.cores is of the wrong kind"),
        Damage(from: "\"energy_mj\":null", to: "\"energy\":null,\"energy_mj\":null", told: "does not know"),
        Damage(from: "\"soc\":null,", to: "", told: "device.soc is missing"),
        Damage(from: "{\"accuracy\"", to: "{accuracy", told: "it is no JSON"),
    ])
    func damageIsTold(_ damage: Damage) throws {
        let text = String(decoding: try Golden.data("record_minimal.json"), as: UTF8.self)
        #expect(text.contains(damage.from))
        let data = Data(text.replacingOccurrences(of: damage.from, with: damage.to).utf8)
        do {
            _ = try BenchmarkRecord.read(data)
            Issue.record("it was read")
        } catch let error as HeadPoseError {
            #expect(error.message.contains(damage.told), "\(error.message)")
        }
    }

    @Test func lowPowerAndForeignUnitsSpeakAgainstFigures() throws {
        let good = try BenchmarkRecord.read(Golden.data("record_full.json"))
        var device = good.device
        device.lowPower = true
        let record = try BenchmarkRecord(
            model: good.model, device: device, run: good.run, loadMs: good.loadMs, firstMs: nil,
            samplesMs: good.samplesMs,
            placement: [.init(unit: "gpu", operators: 5, costShare: 1)], created: good.created,
            seen: .init(emulated: true), also: ["low-power mode was on", "the screen was off"])
        #expect(!record.valid)
        #expect(
            record.invalidReasons == [
                "the times are those of an emulation", "low-power mode was on",
                "backend not what was asked for: cpuAndNeuralEngine, but the compute plan gives no operator to the ane",
                "the screen was off",
            ])
    }

    @Test func anInfiniteNumberIsNotWritten() throws {
        var record = try BenchmarkRecord.read(Golden.data("record_minimal.json"))
        record.samplesMs = [.infinity]
        #expect(throws: HeadPoseError.self) { try record.canonicalJSON() }
    }

    @Test func ordersAreRead() throws {
        let data = try Golden.data("order.json")
        let order = try BenchmarkOrder.read(data)
        #expect(try CanonicalJSON.data(order) == data)
        #expect(Set(order.computeUnits) == Set(ComputeUnits.allCases))
        #expect(order.protocols == [.headpose, .modelBench, .xcode])
        #expect(order.models.map(\.name) == ["sixdrepnet_repnext_m4_fp16"])
        let text = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "\"schema\":1", with: "\"schema\":2")
        #expect(throws: HeadPoseError.self) { try BenchmarkOrder.read(Data(text.utf8)) }
    }
}

@Suite("canonical JSON")
struct CanonicalJSONTests {
    struct Form: Decodable {
        let name: String
        let value: JSONValue
        let text: String
    }

    @Test func formsAreThoseOfPython() throws {
        let groups = [
            try Golden.cases("numbers", of: "json_forms.json", as: Form.self),
            try Golden.cases("texts", of: "json_forms.json", as: Form.self),
            try Golden.cases("keys", of: "json_forms.json", as: Form.self),
        ]
        for one in groups.joined() { #expect(CanonicalJSON.text(one.value) == one.text, "\(one.name)") }
    }

    @Test func valuesOfEveryKindGoThroughAnEncoder() throws {
        let text = #"{"a":[1,2.5,true,false,null,"x"],"b":{}}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(String(decoding: try CanonicalJSON.data(value), as: UTF8.self) == text)
        #expect(value["a"]?["b"] == nil && value["c"] == nil)
        #expect(value.double == nil && value.bool == nil && value.string == nil)
        #expect(JSONValue.integer(3).double == 3)
    }
}
