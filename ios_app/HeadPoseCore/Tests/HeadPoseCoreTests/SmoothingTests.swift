import Foundation
import HeadPoseCore
import Testing

@Suite("smoothing, against runtime/smoothing.py")
struct SmoothingTests {
    struct SequenceCase: Decodable {
        let name, filter: String
        let parameters: JSONValue
        let times_s: [Double]
        let rotations, smoothed: [Matrix3]

        func choice() throws -> SmoothingChoice {
            let data = try JSONEncoder().encode(parameters)
            return switch filter {
            case "one_euro": .oneEuro(try JSONDecoder().decode(OneEuroFilter.Parameters.self, from: data))
            default: .slerp(try JSONDecoder().decode(SlerpFilter.Parameters.self, from: data))
            }
        }
    }

    @Test func sequences() throws {
        for one in try Golden.cases("sequences", of: "smoothing.json", as: SequenceCase.self) {
            var filter = try #require(try one.choice().makeFilter())
            for (index, (time, rotation)) in zip(one.times_s, one.rotations).enumerated() {
                let found = filter.update(rotation, timeSeconds: time)
                #expect(near(found, one.smoothed[index]), "\(one.name), frame \(index)")
            }
        }
    }

    @Test func aResetFilterTakesTheNextRotationAsItIs() throws {
        let (a, b) = (Matrix3.identity, EulerAngles(pitchDegrees: 10, yawDegrees: -40, rollDegrees: 5).rotation)
        for choice in [SmoothingChoice.standard, .slerp(SlerpFilter.Parameters())] {
            var filter = try #require(choice.makeFilter())
            _ = filter.update(a, timeSeconds: 0)
            #expect(filter.update(b, timeSeconds: 0.03).geodesicDegrees(to: b) > 1)
            filter.reset()
            #expect(filter.update(b, timeSeconds: 0.04).geodesicDegrees(to: b) < 1e-6)
        }
        #expect(SmoothingChoice.off.makeFilter() == nil)
    }

    @Test func halfTurnsAreRead() {
        for angles in [(180.0, 0.0, 0.0), (0, 180, 0), (0, 0, 180), (180, 20, 10)] {
            let pose = EulerAngles(pitchDegrees: angles.0, yawDegrees: angles.1, rollDegrees: angles.2).rotation
            var filter = SlerpFilter()
            #expect(near(filter.update(pose, timeSeconds: 0), pose), "\(angles)")
        }
    }

    @Test func impossibleParametersBecomeTheUsualOnes() {
        let bad = OneEuroFilter.Parameters(
            minimumCutoffHz: 0, beta: -1, derivativeCutoffHz: .nan, resetAfterSeconds: -.infinity)
        #expect(bad == OneEuroFilter.Parameters())
        #expect(OneEuroFilter.Parameters(beta: 0).beta == 0)
        #expect(SlerpFilter.Parameters(timeConstantSeconds: -2) == SlerpFilter.Parameters())
    }
}
