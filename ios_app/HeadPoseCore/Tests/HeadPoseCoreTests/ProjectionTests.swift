import HeadPoseCore
import Testing

@Suite("drawn lines, against what runtime/draw.py draws")
struct ProjectionTests {
    struct Line: Decodable {
        let start, end: [Double]
        let color: [Int]
        let thickness: Int
    }

    struct DrawCase: Decodable {
        let name: String
        let rotation: Matrix3
        let center: [Double]
        let size: Double
        let lines: [Line]
        var place: ImagePoint { ImagePoint(x: center[0], y: center[1]) }
    }

    private static let rgb: [LineColor: [Int]] = [.red: [255, 0, 0], .green: [0, 255, 0], .blue: [0, 0, 255]]

    private func check(_ found: [PoseLine], _ wanted: [Line], _ name: String) {
        #expect(found.count == wanted.count, "\(name)")
        for (mine, theirs) in zip(found, wanted) {
            #expect(near(mine.start, theirs.start) && near(mine.end, theirs.end), "\(name)")
            #expect(ProjectionTests.rgb[mine.color] == theirs.color, "\(name)")
            #expect(mine.thickness == theirs.thickness, "\(name)")
        }
    }

    @Test func axes() throws {
        for one in try Golden.cases("axes", of: "projections.json", as: DrawCase.self) {
            check(PoseDrawing.axes(of: one.rotation, center: one.place, size: one.size), one.lines, one.name)
        }
    }

    @Test func cube() throws {
        for one in try Golden.cases("cube", of: "projections.json", as: DrawCase.self) {
            check(PoseDrawing.cube(of: one.rotation, center: one.place, size: one.size), one.lines, one.name)
        }
    }

    struct OverlayCase: Decodable {
        let name: String
        let style: DrawingStyle
        let box: [Double]
        let rotation: Matrix3
        let lines: [Line]
        let label: [String]
    }

    @Test func overlayAndLabel() throws {
        for one in try Golden.cases("overlay", of: "projections.json", as: OverlayCase.self) {
            check(PoseDrawing.lines(one.style, of: one.rotation, face: PixelBox(one.box)), one.lines, one.name)
            #expect(EulerAngles(one.rotation).labelLines == one.label, "\(one.name)")
        }
    }
}
