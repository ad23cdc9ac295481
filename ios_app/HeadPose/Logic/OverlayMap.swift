import HeadPoseCore

/// From pixels of a displayed frame to points of the view that lies over the preview.
///
/// The frame was read for the way the phone is *held*; the preview is shown for the way the screen is *turned*. They
/// differ while the screen's rotation is locked, and in the moment of a turn.
struct OverlayMap: Sendable, Equatable {
    /// How the preview lies in the view.
    enum Fit: Sendable {
        /// Whole picture, with bars.
        case inside
        /// Whole view, the picture's edges cut off.
        case filling
    }

    /// Display pixels → points, both with x to the right and y down.
    let map: AffineMap
    /// Points of a pixel.
    let scale: Double

    /// A map.
    ///
    /// - Parameters:
    ///   - frame: how the frame lay when it was read.
    ///   - screen: the turn that makes the buffer upright on the screen; nil for that of the frame.
    ///   - width: of the view in points.
    ///   - height: of the view in points.
    ///   - fit: how the preview lies in the view.
    init(frame: FrameGeometry, screen: QuarterTurn?, width: Double, height: Double, fit: Fit) {
        let shown = FrameGeometry(
            bufferSize: frame.bufferSize, turn: screen ?? frame.turn, isMirrored: frame.isMirrored)
        let (wide, high) = (Double(shown.uprightSize.width), Double(shown.uprightSize.height))
        let (across, down) = (width / max(1, wide), height / max(1, high))
        scale = fit == .filling ? max(across, down) : min(across, down)
        let fitting = AffineMap(
            a: scale, b: 0, c: 0, d: scale, tx: (width - wide * scale) / 2, ty: (height - high * scale) / 2)
        let toBuffer = frame.bufferToDisplay.inverse ?? .identity
        map = toBuffer.then(shown.bufferToDisplay).then(fitting)
    }

    /// Where a place of the displayed frame lies in the view.
    func point(_ place: ImagePoint) -> ImagePoint { map.apply(place) }

    /// Where a box of the displayed frame lies in the view.
    func box(_ box: PixelBox) -> PixelBox { map.apply(box) }

    /// Width of a line in points, never thinner than one and a half.
    func width(ofPixels pixels: Int) -> Double { max(1.5, Double(pixels) * scale) }
}
