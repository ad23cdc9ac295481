import Foundation
import HeadPoseCore
import Testing

@Suite("rotations, against Python's golden vectors")
struct RotationTests {
    struct SixDCase: Decodable {
        let name: String
        let sixd: [Double]
        let rotation: Matrix3
    }

    @Test func sixDToRotation() throws {
        for one in try Golden.cases("sixd_to_rotation", of: "rotations.json", as: SixDCase.self) {
            #expect(near(try SixD(one.sixd).rotation, one.rotation), "\(one.name)")
        }
    }

    @Test func rotationToSixD() throws {
        for one in try Golden.cases("rotation_to_sixd", of: "rotations.json", as: SixDCase.self) {
            #expect(near(SixD(one.rotation).values, one.sixd), "\(one.name)")
            #expect(near(SixD(one.rotation).rotation, one.rotation), "\(one.name), back")
        }
    }

    struct EulerCase: Decodable {
        let name: String
        let pitch_deg, yaw_deg, roll_deg: Double
        let rotation: Matrix3
        var angles: EulerAngles { EulerAngles(pitchDegrees: pitch_deg, yawDegrees: yaw_deg, rollDegrees: roll_deg) }
    }

    @Test func eulerToRotation() throws {
        for one in try Golden.cases("euler_to_rotation", of: "rotations.json", as: EulerCase.self) {
            #expect(near(one.angles.rotation, one.rotation), "\(one.name)")
        }
    }

    @Test("the gimbal branch included") func rotationToEuler() throws {
        for one in try Golden.cases("rotation_to_euler", of: "rotations.json", as: EulerCase.self) {
            let found = EulerAngles(one.rotation)
            #expect(sameAngle(found.pitchDegrees, one.pitch_deg), "\(one.name)")
            #expect(sameAngle(found.yawDegrees, one.yaw_deg), "\(one.name)")
            #expect(sameAngle(found.rollDegrees, one.roll_deg), "\(one.name)")
        }
    }

    /// +180° and −180° are one angle, and which of them comes out hangs on the last bit.
    private func sameAngle(_ a: Double, _ b: Double) -> Bool {
        let difference = abs(a - b)
        return min(difference, abs(difference - 360)) <= tolerance
    }

    struct GeodesicCase: Decodable {
        let name: String
        let a, b: Matrix3
        let deg: Double
    }

    @Test func geodesic() throws {
        for one in try Golden.cases("geodesic_deg", of: "rotations.json", as: GeodesicCase.self) {
            #expect(abs(one.a.geodesicDegrees(to: one.b) - one.deg) <= tolerance, "\(one.name)")
        }
    }

    struct MirrorCase: Decodable {
        let name: String
        let rotation, mirrored: Matrix3
    }

    @Test func mirror() throws {
        for one in try Golden.cases("mirror", of: "rotations.json", as: MirrorCase.self) {
            #expect(near(one.rotation.mirrored, one.mirrored), "\(one.name)")
        }
    }

    struct TurnCase: Decodable {
        let name: String
        let rotation, turned: Matrix3
        let angle_deg: Double
    }

    @Test func inPlaneTurn() throws {
        for one in try Golden.cases("rotate_in_plane", of: "rotations.json", as: TurnCase.self) {
            #expect(near(one.rotation.turnedInPlane(clockwiseDegrees: one.angle_deg), one.turned), "\(one.name)")
        }
    }

    struct OpenCVCase: Decodable {
        let name: String
        let rotation, opencv: Matrix3
    }

    @Test func toOpenCV() throws {
        for one in try Golden.cases("to_opencv", of: "rotations.json", as: OpenCVCase.self) {
            #expect(near(one.rotation.openCV, one.opencv), "\(one.name)")
            #expect(near(one.opencv.openCV, one.rotation), "\(one.name), back")
        }
    }

    struct AxesCase: Decodable {
        let name: String
        let rotation: Matrix3
        let axes: [[Double]]
    }

    @Test func imageAxes() throws {
        for one in try Golden.cases("image_axes", of: "rotations.json", as: AxesCase.self) {
            let axes = one.rotation.imageAxes
            #expect(near(axes.right, one.axes[0]), "\(one.name)")
            #expect(near(axes.down, one.axes[1]), "\(one.name)")
            #expect(near(axes.forward, one.axes[2]), "\(one.name)")
        }
    }

    @Test func whatIsNoRotationIsRefused() throws {
        for numbers in [[], [1, 2, 3], [Double](repeating: .nan, count: 9)] {
            #expect(throws: HeadPoseError.self) { try Matrix3(rowMajor: numbers) }
        }
        #expect(throws: HeadPoseError.self) { try SixD([1, 2]) }
        #expect(throws: HeadPoseError.self) { try SixD([1, 2, 3, 4, 5, .infinity]) }
    }

    @Test func matrixJSONIsThreeRows() throws {
        let matrix = EulerAngles(pitchDegrees: 10, yawDegrees: 20, rollDegrees: 30).rotation
        let data = try JSONEncoder().encode(matrix)
        #expect(try JSONDecoder().decode([[Double]].self, from: data).map(\.count) == [3, 3, 3])
        #expect(near(try JSONDecoder().decode(Matrix3.self, from: data), matrix))
        #expect(throws: (any Error).self) { try JSONDecoder().decode(Matrix3.self, from: Data("[[1,2],[3]]".utf8)) }
    }
}
