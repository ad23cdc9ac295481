import Foundation
import HeadPoseCore
import HeadPoseCoreTesting
import Testing

@testable import HeadPoseLogic

/// A folder that goes away again.
final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("headpose-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func add(_ name: String, _ text: String = "") throws {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }
}

/// The manifest that Python wrote for the tests of all three languages.
enum Listed {
    static func text() throws -> String {
        let folder =
            ProcessInfo.processInfo.environment["HEADPOSE_GOLDEN"]
            ?? URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../../../tests/golden").standardized
            .path
        return try String(contentsOfFile: "\(folder)/manifest.json", encoding: .utf8)
    }

    static func entries() throws -> [ModelEntry] {
        ModelCatalog(try ModelManifest.read(Data(text().utf8))).listed
    }
}

@Suite struct ModelTests {
    @Test func modelsOfTheAppAndOfFilesAreFound() throws {
        let (app, files) = (try Folder(), try Folder())
        let entries = try Listed.entries()
        let first = try #require(entries.first)
        try app.add("manifest.json", try Listed.text())
        try app.add("\(first.facts.name).mlmodelc/model.mil")
        try app.add("other.txt")
        try files.add("zebra.mlpackage/Manifest.json")
        try files.add("zebra.mlmodelc/model.mil")
        try files.add("ape.mlpackage/Manifest.json")
        let shelf = ModelShelf(bundled: [app.url], imported: files.url)
        #expect(shelf.files.map(\.id) == ["bundled/\(first.facts.name)", "imported/ape", "imported/zebra"])
        #expect(shelf.files.map(\.isCompiled) == [true, false, true])
        #expect(shelf.files[0].entry == first)
        #expect(shelf.absent == entries.dropFirst().map(\.facts.name))
        #expect(shelf.errors.isEmpty)
        #expect(shelf.pick("imported/ape")?.name == "ape")
        #expect(shelf.pick("bundled/gone") != nil)
    }

    @Test func aDamagedManifestIsToldAndItsModelsStayUsable() throws {
        let app = try Folder()
        try app.add("manifest.json", "{")
        try app.add("a.mlmodelc/model.mil")
        let shelf = ModelShelf(bundled: [app.url], imported: app.url.appendingPathComponent("none"))
        #expect(shelf.files.map(\.name) == ["a"])
        #expect(shelf.errors.count == 1)
        #expect(ModelShelf.empty.pick(nil) == nil)
    }

    @Test func precisionsOfABackboneAreOffered() throws {
        let app = try Folder()
        try app.add("manifest.json", try Listed.text())
        let entries = try Listed.entries()
        for entry in entries { try app.add("\(entry.facts.name).mlmodelc/model.mil") }
        let shelf = ModelShelf(bundled: [app.url], imported: app.url.appendingPathComponent("none"))
        let file = try #require(shelf.pick(nil))
        #expect(file.entry?.precision == "fp16")
        let alike = entries.filter { $0.backbone == file.entry?.backbone }.map(\.precision)
        #expect(shelf.precisions(like: file).compactMap(\.entry?.precision) == alike)
        #expect(shelf.backbones.count == Set(entries.map(\.backbone)).count)
    }

    @Test func anImportedModelGetsALineThatReadsBack() throws {
        let files = try Folder()
        let facts = try #require(try Listed.entries().first).facts
        let name = "\(facts.name).mlpackage"
        try files.add("\(name)/Manifest.json")
        for size in [1, 2] {
            try ImportedManifest.add(
                file: name, sha256: String(repeating: "ab", count: 32), sizeBytes: size, facts: facts, to: files.url)
        }
        let shelf = ModelShelf(bundled: [], imported: files.url)
        #expect(shelf.files.map(\.entry?.facts) == [facts])
        #expect(shelf.files.first?.entry?.sizeBytes == 2)
        try ImportedManifest.remove(file: name, from: files.url)
        #expect(ModelShelf(bundled: [], imported: files.url).files.map(\.entry) == [nil])
    }

    @Test func aPackagesHashIsPythons() throws {
        struct Golden: Decodable {
            struct Package: Decodable {
                let files: [String: String]
                let sha256: String
                let size_bytes: Int
            }
            let package: Package
        }
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/cuts.json")
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)).package
        let folder = try Folder()
        for (name, text) in golden.files { try folder.add(name, text) }
        let hash = PackageHash { TestDigest() }
        #expect(try hash.hash(of: folder.url) == golden.sha256)
        #expect(try hash.size(of: folder.url) == golden.size_bytes)
        #expect(throws: (any Error).self) { try hash.hash(of: folder.url.appendingPathComponent("none")) }
    }

    @Test func aPlanIsSharedOutTheDearestUnitFirst() {
        let operators = [
            PlannedOperator(unit: "cpu", cost: 0.1), PlannedOperator(unit: "ane", cost: 0.6),
            PlannedOperator(unit: nil, cost: nil), PlannedOperator(unit: "ane", cost: 0.3),
        ]
        let shares = Placement.shares(of: operators)
        #expect(shares.map(\.unit) == ["ane", "cpu"])
        #expect(shares.map(\.operators) == [2, 1])
        #expect(shares.compactMap(\.costShare).map { ($0 * 1000).rounded() } == [900, 100])
        #expect(Placement.shares(of: []).isEmpty)
        let silent = Placement.shares(of: [PlannedOperator(unit: "gpu", cost: nil)])
        #expect(silent.map(\.costShare) == [nil])
    }

    @Test func preferencesAreKept() throws {
        let name = "headpose-\(UUID().uuidString)"
        let store = try #require(UserDefaults(suiteName: name))
        defer { store.removePersistentDomain(forName: name) }
        #expect(Preferences.read(store) == Preferences())
        let chosen = Preferences(
            model: "bundled/a", units: .cpuOnly, style: .cube, smooths: false, side: .back, showsFigures: false)
        chosen.keep(store)
        #expect(Preferences.read(store) == chosen)
        store.set(Data("{}".utf8), forKey: Preferences.key)
        #expect(Preferences.read(store) == Preferences())
    }

    @Test func aPhoneHasFacts() {
        #expect(!Phone.identifier.isEmpty)
        let device = Phone.device(system: "Linux", lowPower: true)
        #expect(device.cores > 0 && device.kind == "iphone" && device.lowPower == true)
    }
}

@Suite struct SelfCheckTests {
    func golden(_ facts: ModelFacts, _ pose: Matrix3, tolerance: Double = 2) -> Golden {
        Golden(
            schema: 1,
            image: .init(file: "a.jpg", width: 512, height: 512, title: "", origin: "", licence: ""),
            faceBox: [200, 80, 260, 150], toleranceDeg: [facts.precision: tolerance],
            poses: [
                .init(
                    backbone: facts.backbone, checkpointSha256: facts.checkpoint.sha256, rotation: pose.rowMajor,
                    reader: "")
            ])
    }

    @Test(arguments: [(0.0, true), (1.9, true), (2.1, false)])
    func anErrorIsJudgedInDegrees(_ turn: Double, _ passes: Bool) async throws {
        let facts = try #require(try Listed.entries().first).facts
        let near = Heads.rotation * EulerAngles(pitchDegrees: turn, yawDegrees: 0, rollDegrees: 0).rotation
        let golden = golden(facts, near)
        let image = Heads.frame(golden.geometry, face: golden.face).image
        let verdict = await SelfCheck.run(golden, image: image, facts: facts, estimator: FakePoseEstimator())
        switch verdict {
        case .passed(let error): #expect(passes && abs(error - turn) < 1e-5)
        case .failed(let error, let tolerance): #expect(!passes && abs(error - turn) < 1e-5 && tolerance == 2)
        default: Issue.record("\(verdict)")
        }
    }

    @Test func otherWeightsHaveNothingToCompareWith() async throws {
        let facts = try #require(try Listed.entries().first).facts
        var golden = golden(facts, .identity)
        golden.poses[0].checkpointSha256 = "other"
        let image = Heads.frame(golden.geometry).image
        let verdict = await SelfCheck.run(golden, image: image, facts: facts, estimator: FakePoseEstimator())
        #expect(verdict == .unknownWeights)
    }

    @Test func aModelThatFailsSaysWhy() async throws {
        let facts = try #require(try Listed.entries().first).facts
        let golden = golden(facts, .identity)
        let broken = FakePoseEstimator { _ in throw HeadPoseError("no memory") }
        let image = Heads.frame(golden.geometry).image
        #expect(await SelfCheck.run(golden, image: image, facts: facts, estimator: broken) == .error("no memory"))
    }

    @Test func theBundledFileIsRead() throws {
        let resources = URL(fileURLWithPath: #filePath)
            .appendingPathComponent("../../../../../HeadPose/Resources/golden.json").standardized
        let golden = try Golden.read(Data(contentsOf: resources))
        #expect(golden.poses.map(\.backbone) == ["repnext_m0", "repnext_m4"])
        for pose in golden.poses {
            let matrix = try Matrix3(rowMajor: pose.rotation)
            #expect((matrix * matrix.transposed).geodesicDegrees(to: .identity) < 0.1)
        }
        #expect(golden.face.width > 40)
        #expect(throws: HeadPoseError.self) { try Golden.read(Data("{}".utf8)) }
    }
}
