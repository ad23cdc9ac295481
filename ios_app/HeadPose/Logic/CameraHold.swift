import HeadPoseCore

/// Which camera looks.
enum CameraSide: String, Sendable, CaseIterable, Codable {
    /// Away from the person.
    case back
    /// At the person; its preview is a mirror.
    case front

    /// The other one.
    var other: CameraSide { self == .back ? .front : .back }
}

/// How the phone is held, by the names of `UIDeviceOrientation`: *landscapeLeft* has its upper end at the left.
enum CameraHold: String, Sendable, CaseIterable {
    /// Upper end up.
    case portrait
    /// Upper end down.
    case portraitUpsideDown
    /// Upper end at the person's left.
    case landscapeLeft
    /// Upper end at the person's right.
    case landscapeRight

    /// Clockwise turn that makes a camera's buffer upright for this hold.
    ///
    /// Both sensors lie across the phone. The back camera's buffer is upright in `landscapeLeft`, the front camera's,
    /// which looks the other way, in `landscapeRight`: the orientations of Apple's camera samples say the same
    /// (https://developer.apple.com/documentation/vision/tracking-the-user-s-face-in-real-time).
    func turn(of side: CameraSide) -> QuarterTurn {
        switch self {
        case .portrait: .quarter
        case .portraitUpsideDown: .threeQuarters
        case .landscapeLeft: side == .back ? .none : .half
        case .landscapeRight: side == .back ? .half : .none
        }
    }

    /// How a buffer of this camera lies while the phone is held so.
    func geometry(of side: CameraSide, buffer: PixelSize) -> FrameGeometry {
        FrameGeometry(bufferSize: buffer, turn: turn(of: side), isMirrored: side == .front)
    }
}

extension QuarterTurn {
    /// The quarter turn that is nearest to an angle in degrees, clockwise, as the system gives it.
    init(nearest degrees: Double) {
        let quarters = Int((degrees / 90).rounded()) % 4
        self = QuarterTurn(rawValue: (quarters + 4) % 4 * 90) ?? .none
    }
}
