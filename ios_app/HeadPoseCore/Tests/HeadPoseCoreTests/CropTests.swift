import HeadPoseCore
import Testing

@Suite("crops, against Python's golden vectors")
struct CropTests {
    struct BoxCase: Decodable {
        let name: String
        let face_box: [Double]
        let crop_box: [Double]?
    }

    @Test func cropBox() throws {
        for one in try Golden.cases("crop_box", of: "crops.json", as: BoxCase.self) {
            #expect(try CropRule.standard.cropBox(for: PixelBox(one.face_box)).sides == one.crop_box, "\(one.name)")
        }
    }

    @Test func emptyFacesAreRefused() throws {
        for one in try Golden.cases("empty", of: "crops.json", as: BoxCase.self) {
            #expect(throws: HeadPoseError.self, "\(one.name)") {
                try CropRule.standard.cropBox(for: PixelBox(one.face_box))
            }
        }
        #expect(throws: HeadPoseError.self) {
            try CropRule.standard.cropBox(for: PixelBox(left: 0, top: 0, right: .infinity, bottom: 5))
        }
    }

    @Test func unknownRulesAreRefused() {
        let box = PixelBox(left: 0, top: 0, right: 5, bottom: 5)
        for rule in [
            CropRule(name: "circle", scale: 1, shiftY: 0), CropRule(scale: 1, shiftY: 0, outside: "grey"),
            CropRule(scale: 1, shiftY: 0, rounding: "even"),
        ] {
            #expect(throws: HeadPoseError.self) { try rule.cropBox(for: box) }
        }
    }

    struct Point: Decodable {
        let buffer, upright, display, network: [Double]
    }

    struct TransformCase: Decodable {
        let name: String
        let buffer_size, upright_size: [Int]
        let turn_deg: Int
        let mirrored: Bool
        let view: String
        let input_size: Int
        let face_box, crop_box: [Double]
        let points: [Point]
        let network_rotation, upright_rotation, display_rotation: Matrix3

        func transform() throws -> CropTransform {
            let geometry = FrameGeometry(
                bufferSize: PixelSize(width: buffer_size[0], height: buffer_size[1]),
                turn: try #require(QuarterTurn(rawValue: turn_deg)), isMirrored: mirrored)
            return try CropTransform(
                face: PixelBox(face_box), geometry: geometry, inputSize: input_size,
                view: try #require(CropView(rawValue: view)))
        }
    }

    @Test("sensor rotation × front-camera mirror × crop") func transforms() throws {
        for one in try Golden.cases("transform", of: "crops.json", as: TransformCase.self) {
            let found = try one.transform()
            let size = found.geometry.uprightSize
            #expect([size.width, size.height] == one.upright_size, "\(one.name)")
            #expect(found.cropBox.sides == one.crop_box, "\(one.name)")
            for point in one.points {
                let place = ImagePoint(x: point.buffer[0], y: point.buffer[1])
                #expect(near(found.geometry.bufferToUpright.apply(place), point.upright), "\(one.name)")
                #expect(near(found.geometry.bufferToDisplay.apply(place), point.display), "\(one.name)")
                #expect(near(found.bufferToInput.apply(place), point.network), "\(one.name)")
            }
            #expect(near(found.uprightRotation(ofNetwork: one.network_rotation), one.upright_rotation), "\(one.name)")
            #expect(near(found.displayRotation(ofNetwork: one.network_rotation), one.display_rotation), "\(one.name)")
        }
    }

    /// What is drawn on the screen must lie on the head of the screen: the axes that the network's picture shows, carried
    /// to the screen as lines, are the axes of the display rotation (the head's right flips with a mirror).
    @Test func axesOnTheScreenAreTheAxesInTheNetworksPicture() throws {
        for one in try Golden.cases("transform", of: "crops.json", as: TransformCase.self) {
            let found = try one.transform()
            let toNetwork = try #require(found.bufferToInput.inverse)
            let toScreen = toNetwork.then(found.geometry.bufferToDisplay)
            let shrink = found.cropBox.width / Double(found.inputSize)
            func carried(_ axis: ImagePoint, _ sign: Double = 1) -> [Double] {
                let (from, to) = (toScreen.apply(ImagePoint(x: 0, y: 0)), toScreen.apply(axis))
                return [(to.x - from.x) / shrink * sign, (to.y - from.y) / shrink * sign]
            }
            let (seen, drawn) = (
                one.network_rotation.imageAxes, found.displayRotation(ofNetwork: one.network_rotation).imageAxes
            )
            #expect(near(drawn.right, carried(seen.right, one.mirrored ? -1 : 1)), "\(one.name)")
            #expect(near(drawn.down, carried(seen.down)), "\(one.name)")
            #expect(near(drawn.forward, carried(seen.forward)), "\(one.name)")
        }
    }

    @Test func mapsGoBack() throws {
        for turn in QuarterTurn.allCases {
            let geometry = FrameGeometry(bufferSize: PixelSize(width: 640, height: 480), turn: turn, isMirrored: true)
            let back = try #require(geometry.bufferToDisplay.inverse)
            let place = ImagePoint(x: 12.5, y: 333)
            #expect(near(back.apply(geometry.bufferToDisplay.apply(place)), [12.5, 333]))
            let whole = PixelBox(left: 0, top: 0, right: 640, bottom: 480)
            let upright = geometry.bufferToUpright.apply(whole)
            let size = geometry.uprightSize
            #expect(upright.sides == [0, 0, Double(size.width), Double(size.height)])
        }
        #expect(AffineMap(a: 1, b: 2, c: 2, d: 4, tx: 0, ty: 0).inverse == nil)
    }

    @Test func visionsBoxesHaveTheirOriginAtTheLowerLeft() {
        let box = PixelBox(normalizedX: 0.25, y: 0.5, width: 0.5, height: 0.25, in: PixelSize(width: 200, height: 400))
        #expect(box.sides == [50, 100, 150, 200])
    }

    @Test func overlaps() {
        let a = PixelBox(left: 0, top: 0, right: 10, bottom: 10)
        #expect(a.overlap(with: a) == 1)
        #expect(abs(a.overlap(with: PixelBox(left: 5, top: 0, right: 15, bottom: 10)) - 1.0 / 3) < 1e-12)
        #expect(a.overlap(with: PixelBox(left: 20, top: 20, right: 30, bottom: 30)) == 0)
        let empty = PixelBox(left: 3, top: 3, right: 3, bottom: 3)
        #expect(empty.overlap(with: empty) == 0)
    }
}
