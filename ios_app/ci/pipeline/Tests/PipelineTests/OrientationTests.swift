import HeadPoseCore
import HeadPoseCoreTesting
import Testing

@testable import HeadPoseLogic

/// Camera, pipeline and overlay together, for each hold of the phone, each turn of the screen, each camera.
@Suite struct OrientationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let hold: CameraHold
        let screen: CameraHold
        let side: CameraSide
        var testDescription: String { "\(side.rawValue), held \(hold.rawValue), screen \(screen.rawValue)" }
    }

    static let all = CameraHold.allCases.flatMap { hold in
        CameraHold.allCases.flatMap { screen in
            CameraSide.allCases.map { Case(hold: hold, screen: screen, side: $0) }
        }
    }

    static let buffer = PixelSize(width: 640, height: 480)

    /// Where a place of the sensor's buffer is seen, reasoned without the code under test, by the phone's own axes: the
    /// back camera's buffer has its x along the phone's down, its y along the phone's left. A front camera looks the
    /// other way, and its preview is a mirror, so that what is at the phone's right is seen at the phone's right.
    static func seen(_ place: ImagePoint, _ side: CameraSide) -> (right: Double, down: Double) {
        let (along, across) = (place.x / Double(buffer.width), place.y / Double(buffer.height))
        // back: phone's down is +x, phone's left is +y. front: mounted the other way about the phone's long axis.
        return side == .back ? (right: 1 - across, down: along) : (right: across, down: along)
    }

    /// The same place on a screen that is turned: `screen` tells where the phone's upper end is.
    static func onScreen(_ phone: (right: Double, down: Double), _ screen: CameraHold) -> ImagePoint {
        switch screen {
        case .portrait: ImagePoint(x: phone.right, y: phone.down)
        case .portraitUpsideDown: ImagePoint(x: 1 - phone.right, y: 1 - phone.down)
        case .landscapeLeft: ImagePoint(x: phone.down, y: 1 - phone.right)
        case .landscapeRight: ImagePoint(x: 1 - phone.down, y: phone.right)
        }
    }

    @Test(arguments: all) func aPlaceOfTheSensorIsDrawnWhereItIsSeen(_ c: Case) {
        let frame = c.hold.geometry(of: c.side, buffer: Self.buffer)
        let landscape = c.screen == .landscapeLeft || c.screen == .landscapeRight
        let (width, height) = landscape ? (320.0, 240.0) : (240.0, 320.0)
        let overlay = OverlayMap(
            frame: frame, screen: c.screen.turn(of: c.side), width: width, height: height, fit: .inside)
        for place in [ImagePoint(x: 0, y: 0), ImagePoint(x: 100, y: 20), ImagePoint(x: 630, y: 470)] {
            let drawn = overlay.point(frame.bufferToDisplay.apply(place))
            let wanted = Self.onScreen(Self.seen(place, c.side), c.screen)
            #expect(abs(drawn.x - wanted.x * width) < 1e-9)
            #expect(abs(drawn.y - wanted.y * height) < 1e-9)
        }
    }

    @Test(arguments: all) @MainActor func anAxisOfTheHeadPointsThereOnTheScreen(_ c: Case) async throws {
        let frame = Heads.frame(c.hold.geometry(of: c.side, buffer: Self.buffer))
        let session = LiveSession<FakeImage>(
            source: FakeFrameSource([frame], staysOpen: true), detector: FakeFaceDetector())
        await session.start(with: FakePoseEstimator())
        #expect(await Heads.wait { !session.screen.heads.isEmpty })
        let head = try #require(session.screen.heads.first)
        let overlay = OverlayMap(
            frame: frame.geometry, screen: c.screen.turn(of: c.side), width: 300, height: 300, fit: .filling)
        // The nose's direction in the upright picture, by the formula alone: R's third row is the forward axis.
        let rotation = Heads.rotation
        let nose = ImagePoint(x: rotation[2, 0], y: -rotation[2, 1])
        // The same direction on the sensor, and from there where it is seen on the screen.
        let toBuffer = try #require(frame.geometry.bufferToUpright.inverse)
        let (from, to) = (toBuffer.apply(ImagePoint(x: 0, y: 0)), toBuffer.apply(nose))
        let (seenFrom, seenTo) = (
            Self.onScreen(Self.pixels(from, c.side), c.screen), Self.onScreen(Self.pixels(to, c.side), c.screen)
        )
        let wanted = ImagePoint(x: seenTo.x - seenFrom.x, y: seenTo.y - seenFrom.y)
        let blue = try #require(head.lines(.axes).first { $0.color == .blue })
        let (start, end) = (overlay.point(blue.start), overlay.point(blue.end))
        let cross = (end.x - start.x) * wanted.y - (end.y - start.y) * wanted.x
        let along = (end.x - start.x) * wanted.x + (end.y - start.y) * wanted.y
        #expect(abs(cross) < 1e-6)
        #expect(along > 1)
        await session.stop()
    }

    /// As `seen`, but in pixels of the sensor, so that directions keep their angles.
    static func pixels(_ place: ImagePoint, _ side: CameraSide) -> (right: Double, down: Double) {
        side == .back ? (right: -place.y, down: place.x) : (right: place.y, down: place.x)
    }

    @Test func aLockedScreenChangesNothingForThePoseButTheDrawing() {
        let frame = CameraHold.landscapeLeft.geometry(of: .back, buffer: Self.buffer)
        #expect(frame.turn == .none)
        let locked = OverlayMap(
            frame: frame, screen: .quarter, width: 480, height: 640, fit: .inside)
        let drawn = locked.point(ImagePoint(x: 0, y: 0))
        #expect(abs(drawn.x - 480) < 1e-9 && abs(drawn.y) < 1e-9)
    }

    @Test(arguments: [OverlayMap.Fit.inside, .filling]) func thePreviewLiesInTheMiddle(_ fit: OverlayMap.Fit) {
        let frame = FrameGeometry(bufferSize: PixelSize(width: 200, height: 100))
        let overlay = OverlayMap(frame: frame, screen: nil, width: 400, height: 400, fit: fit)
        let middle = overlay.point(ImagePoint(x: 100, y: 50))
        #expect(abs(middle.x - 200) < 1e-9 && abs(middle.y - 200) < 1e-9)
        #expect(overlay.scale == (fit == .inside ? 2 : 4))
        #expect(overlay.width(ofPixels: 3) == 3 * overlay.scale)
    }

    @Test(arguments: [(0.0, QuarterTurn.none), (90, .quarter), (180, .half), (270, .threeQuarters), (360, .none)])
    func anAngleOfTheSystemIsAQuarterTurn(_ degrees: Double, _ turn: QuarterTurn) {
        #expect(QuarterTurn(nearest: degrees) == turn)
        #expect(QuarterTurn(nearest: degrees - 360 + 20) == turn)
    }
}
