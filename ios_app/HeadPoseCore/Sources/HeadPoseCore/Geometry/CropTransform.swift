/// Which picture a crop is cut from.
public enum CropView: String, Sendable, CaseIterable {
    /// From the upright picture: what the network was trained on, and what to use.
    case upright
    /// From the buffer as the sensor delivers it, so that the network sees the head turned: for croppers that cannot
    /// turn. The rotation is turned back.
    case buffer
}

/// The way of a face from a camera's buffer into the network, and of a rotation read there back to the screen.
public struct CropTransform: Sendable, Equatable {
    /// How the buffer lies.
    public let geometry: FrameGeometry
    /// Which picture the crop is cut from; `cropBox` is in its pixels.
    public let view: CropView
    /// The square that is cut, whole pixels; black where it leaves the picture.
    public let cropBox: PixelBox
    /// Side of the network's input in pixels.
    public let inputSize: Int

    /// The crop of a face.
    ///
    /// - Parameters:
    ///   - face: box of the face in pixels of the picture that `view` names.
    ///   - geometry: how the buffer lies.
    ///   - rule: the model's crop rule.
    ///   - inputSize: side of the network's input in pixels.
    ///   - view: which picture the crop is cut from.
    /// - Throws: `HeadPoseError` for an empty face or an unknown rule.
    public init(
        face: PixelBox, geometry: FrameGeometry, rule: CropRule = .standard, inputSize: Int = 224,
        view: CropView = .upright
    ) throws {
        self.geometry = geometry
        self.view = view
        self.cropBox = try rule.cropBox(for: face)
        self.inputSize = inputSize
    }

    /// Buffer → network input, both with x to the right and y down.
    public var bufferToInput: AffineMap {
        let scale = Double(inputSize) / cropBox.width
        let cut = AffineMap(a: scale, b: 0, c: 0, d: scale, tx: -cropBox.left * scale, ty: -cropBox.top * scale)
        return view == .upright ? geometry.bufferToUpright.then(cut) : cut
    }

    /// The rotation that fits the upright picture, of the one that the network read.
    public func uprightRotation(ofNetwork rotation: Matrix3) -> Matrix3 {
        view == .upright ? rotation : rotation.turnedInPlane(clockwiseDegrees: Double(geometry.turn.rawValue))
    }

    /// The rotation that fits the displayed picture, of the one that the network read.
    public func displayRotation(ofNetwork rotation: Matrix3) -> Matrix3 {
        geometry.displayRotation(ofUpright: uprightRotation(ofNetwork: rotation))
    }
}
