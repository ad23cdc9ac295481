import Foundation
import HeadPoseCore
import Testing

@Suite("manifests and the choice of models")
struct ModelTests {
    private func manifest() throws -> ModelManifest { try ModelManifest.read(Golden.data("manifest.json")) }

    @Test func aManifestIsReadWholly() throws {
        let data = try Golden.data("manifest.json")
        let python = CanonicalJSON.text(try JSONDecoder().decode(JSONValue.self, from: data))
        #expect(String(decoding: try CanonicalJSON.data(manifest()), as: UTF8.self) == python)
        let entry = try #require(try manifest().artifacts.first)
        #expect(entry.file == "sixdrepnet_repnext_m0_fp16.mlpackage" && entry.precision == "fp16")
        #expect(entry.crop == .standard && entry.inputSize == 224 && entry.checkpoint.trained)
        #expect(entry.parity?["max_deg"]?.double == 0.12130027735434053)
        #expect(entry.recordModel.sizeBytes == entry.sizeBytes && entry.recordModel.sha256 == entry.sha256)
    }

    struct Pick: Decodable {
        let name, target, precision: String
        let backbone: String?
        let present: [String]?
        let file: String?
        let listed_but_absent: [String]
    }

    @Test func picking() throws {
        for one in try Golden.cases("picks", of: "picks.json", as: Pick.self) {
            let catalog = ModelCatalog(try manifest(), present: one.present.map(Set.init), target: one.target)
            if let file = one.file {
                #expect(try catalog.pick(precision: one.precision, backbone: one.backbone).file == file, "\(one.name)")
                continue
            }
            do {
                _ = try catalog.pick(precision: one.precision, backbone: one.backbone)
                Issue.record("\(one.name): something was found")
            } catch let error as HeadPoseError {
                let missing = one.listed_but_absent.first ?? one.precision
                #expect(error.message.contains(missing), "\(one.name): \(error.message)")
            }
        }
    }

    @Test func whatIsThereAndWhatIsNot() throws {
        let present: Set = ["sixdrepnet_repnext_m4_int8.mlpackage", "mine.mlpackage", "notes.txt"]
        let catalog = ModelCatalog(try manifest(), present: present)
        #expect(catalog.available.map(\.precision) == ["int8"] && catalog.precisions() == ["int8"])
        #expect(catalog.absent.map(\.precision) == ["fp16", "fp16"])
        #expect(catalog.unlisted() == ["mine.mlpackage"])
        let all = ModelCatalog(try manifest())
        #expect(all.backbones == ["repnext_m0", "repnext_m4"])
        #expect(all.precisions(of: "repnext_m4") == ["fp16", "int8"] && all.precisions() == ["fp16", "int8"])
    }

    @Test func theFormatOfThisHostIsCoreML() throws {
        struct Suffix: Decodable { let name, suffix: String }
        let suffixes = try Golden.cases("suffixes", of: "picks.json", as: Suffix.self)
        let own = try #require(suffixes.first { $0.name == ModelCatalog(try manifest()).target })
        let catalog = ModelCatalog(try manifest(), present: ["mine\(own.suffix)", "other.tflite"])
        #expect(catalog.unlisted() == ["mine\(own.suffix)"], "\(own.name)")
    }

    @Test func damagedManifestsAreToldInOneSentence() throws {
        let text = String(decoding: try Golden.data("manifest.json"), as: UTF8.self)
        let damages = [
            ("\"precision\": \"fp16\",", "", "artifacts.0.precision is missing"),
            ("\"shift_y\": -0.1", "\"shift_y\": null", "artifacts.0.crop.shift_y is of the wrong kind"),
            ("\"output\": \"rotation\"", "\"output\": \"quaternion\"", "artifacts.0.output is of the wrong kind"),
            ("{\n \"schema\": 1", "{\n \"schema\": 9", "schema 9"),
        ]
        for (from, to, told) in damages {
            let range = try #require(text.range(of: from))
            let damaged = Data(text.replacingCharacters(in: range, with: to).utf8)
            do {
                _ = try ModelManifest.read(damaged)
                Issue.record("\(told): it was read")
            } catch let error as HeadPoseError {
                #expect(error.message.contains(told) && error.message.contains("headpose export"), "\(error.message)")
            }
        }
    }

    @Test func theRecordInsideAModelIsRead() throws {
        let entry = try #require(try manifest().artifacts.first)
        let data = try JSONEncoder().encode(entry.facts)
        #expect(try ModelFacts.read(data, what: "a model") == entry.facts)
        let newer = String(decoding: try CanonicalJSON.data(entry.facts), as: UTF8.self)
            .replacingOccurrences(of: "\"schema\":1", with: "\"schema\":7")
        #expect(throws: HeadPoseError.self) { try ModelFacts.read(Data(newer.utf8), what: "a model") }
        #expect(throws: HeadPoseError.self) { try ModelFacts.read(Data("?".utf8), what: "a model") }
    }

    @Test func bothOutputsBecomeRotations() throws {
        var facts = try #require(try manifest().artifacts.first).facts
        let pose = EulerAngles(pitchDegrees: 10, yawDegrees: 20, rollDegrees: 30).rotation
        #expect(try facts.rotation(fromOutput: pose.rowMajor) == pose)
        #expect(throws: HeadPoseError.self) { try facts.rotation(fromOutput: [1, 2, 3]) }
        facts.output = .sixd
        #expect(near(try facts.rotation(fromOutput: SixD(pose).values), pose))
    }

    @Test func foldersWithAndWithoutAManifest() throws {
        #expect(try ModelManifest.read(folder: Golden.folder) == manifest())
        #expect(throws: HeadPoseError.self) {
            try ModelManifest.read(folder: Golden.folder.appendingPathComponent("nothing"))
        }
    }
}
