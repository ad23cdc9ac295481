@preconcurrency import AVFoundation

/// Whether the app may use the camera.
enum CameraAccess: Sendable, Equatable {
    /// Not asked yet.
    case unasked
    /// Yes.
    case granted
    /// No; the person can change it in Settings.
    case denied
    /// No, and the person cannot change it.
    case restricted

    /// As it is now.
    static var now: CameraAccess {
        switch AVCaptureDevice.authorizationStatus(for: .video) {
        case .authorized: .granted
        case .denied: .denied
        case .restricted: .restricted
        case .notDetermined: .unasked
        @unknown default: .restricted
        }
    }

    /// Asks if it was not asked before.
    static func ask() async -> CameraAccess {
        if now == .unasked { _ = await AVCaptureDevice.requestAccess(for: .video) }
        return now
    }
}
