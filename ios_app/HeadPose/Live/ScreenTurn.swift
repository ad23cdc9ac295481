@preconcurrency import AVFoundation
import HeadPoseCore
import UIKit

/// Tells how a camera's picture must be turned: for the way the phone is held, and for the way its screen is turned.
///
/// From iOS 17 on the system says both. Before, they follow from the orientations of device and interface; with the
/// screen's rotation locked iOS 16 does not tell how the phone is held, and the last one stays.
@MainActor
final class ScreenTurn {
    private var coordinator: AnyObject?
    private var side = CameraSide.front
    private var held = CameraHold.portrait
    private var isFollowing = false

    /// Begins with a camera and the layer that shows it.
    func follow(_ side: CameraSide, layer: AVCaptureVideoPreviewLayer) {
        self.side = side
        if !isFollowing { UIDevice.current.beginGeneratingDeviceOrientationNotifications() }
        isFollowing = true
        if #available(iOS 17.0, *), let device = CameraSource.device(side) {
            coordinator = AVCaptureDevice.RotationCoordinator(device: device, previewLayer: layer)
        }
    }

    /// Ends.
    func stop() {
        coordinator = nil
        if isFollowing { UIDevice.current.endGeneratingDeviceOrientationNotifications() }
        isFollowing = false
    }

    /// The turn for the way the phone is held now.
    var ofPhone: QuarterTurn {
        if #available(iOS 17.0, *), let coordinator = coordinator as? AVCaptureDevice.RotationCoordinator {
            return QuarterTurn(nearest: Double(coordinator.videoRotationAngleForHorizonLevelCapture))
        }
        held = CameraHold(UIDevice.current.orientation) ?? held
        return held.turn(of: side)
    }

    /// The turn for the way the screen is turned now.
    func ofScreen(_ scene: UIWindowScene?) -> QuarterTurn {
        if #available(iOS 17.0, *), let coordinator = coordinator as? AVCaptureDevice.RotationCoordinator {
            return QuarterTurn(nearest: Double(coordinator.videoRotationAngleForHorizonLevelPreview))
        }
        let orientation = scene?.effectiveGeometry.interfaceOrientation ?? .portrait
        return (CameraHold(orientation) ?? .portrait).turn(of: side)
    }
}

extension CameraHold {
    /// nil for a phone that lies flat, or where it is not known.
    init?(_ orientation: UIDeviceOrientation) {
        switch orientation {
        case .portrait: self = .portrait
        case .portraitUpsideDown: self = .portraitUpsideDown
        case .landscapeLeft: self = .landscapeLeft
        case .landscapeRight: self = .landscapeRight
        default: return nil
        }
    }

    /// The hold that an interface is made for: it turns against the device, so left and right change places.
    init?(_ orientation: UIInterfaceOrientation) {
        switch orientation {
        case .portrait: self = .portrait
        case .portraitUpsideDown: self = .portraitUpsideDown
        case .landscapeLeft: self = .landscapeRight
        case .landscapeRight: self = .landscapeLeft
        default: return nil
        }
    }
}

extension AVCaptureConnection {
    /// Turns the preview.
    func turn(_ turn: QuarterTurn) {
        if #available(iOS 17.0, *) {
            let angle = CGFloat(turn.rawValue)
            if isVideoRotationAngleSupported(angle), videoRotationAngle != angle { videoRotationAngle = angle }
        } else if isVideoOrientationSupported {
            videoOrientation = turn.videoOrientation
        }
    }
}

extension QuarterTurn {
    /// iOS 16's name of the turn. Left and right of these names are the interface's, and the front camera's buffer is
    /// upright where the back camera's is upside down, but the connection knows its own sensor: a quarter is portrait.
    fileprivate var videoOrientation: AVCaptureVideoOrientation {
        switch self {
        case .none: .landscapeRight
        case .quarter: .portrait
        case .half: .landscapeLeft
        case .threeQuarters: .portraitUpsideDown
        }
    }
}
