// https://developer.apple.com/documentation/avfoundation/capture-setup
// Classes are not Sendable here, although newer SDKs mark some of them: the stricter reading.
@_exported import CoreMedia
import UIKit

// https://developer.apple.com/documentation/avfoundation/avmediatype
public struct AVMediaType: Hashable, Sendable { public static let video = AVMediaType() }
// https://developer.apple.com/documentation/avfoundation/avauthorizationstatus
public enum AVAuthorizationStatus: Int, Sendable { case notDetermined, restricted, denied, authorized }
// https://developer.apple.com/documentation/avfoundation/avlayervideogravity
public struct AVLayerVideoGravity: Hashable, Sendable { public static let resizeAspectFill = AVLayerVideoGravity() }
// https://developer.apple.com/documentation/avfoundation/avcapturevideoorientation
public enum AVCaptureVideoOrientation: Int, Sendable {
    case portrait = 1, portraitUpsideDown, landscapeRight, landscapeLeft
}

// https://developer.apple.com/documentation/avfoundation/avcapturedevice
open class AVCaptureDevice {
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/position-swift.enum
    public enum Position: Int, Sendable { case unspecified, back, front }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/devicetype-swift.struct
    public struct DeviceType: Hashable, Sendable { public static let builtInWideAngleCamera = DeviceType() }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/torchmode-swift.enum
    public enum TorchMode: Int, Sendable { case off, on, auto }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/authorizationstatus(for:)
    public class func authorizationStatus(for mediaType: AVMediaType) -> AVAuthorizationStatus { .notDetermined }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/requestaccess(for:completionhandler:)
    public class func requestAccess(for mediaType: AVMediaType) async -> Bool { false }
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/default(_:for:position:)
    public class func `default`(
        _ deviceType: AVCaptureDevice.DeviceType, for mediaType: AVMediaType?, position: AVCaptureDevice.Position
    ) -> AVCaptureDevice? { nil }
    public var hasTorch: Bool { false }
    public var isTorchAvailable: Bool { false }
    public var torchMode = TorchMode.off
    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/lockforconfiguration()
    public func lockForConfiguration() throws {}
    public func unlockForConfiguration() {}

    // https://developer.apple.com/documentation/avfoundation/avcapturedevice/rotationcoordinator
    @available(iOS 17.0, *)
    open class RotationCoordinator {
        public init(device: AVCaptureDevice, previewLayer: CALayer?) {}
        public var videoRotationAngleForHorizonLevelCapture: CGFloat { 0 }
        public var videoRotationAngleForHorizonLevelPreview: CGFloat { 0 }
    }
}

// https://developer.apple.com/documentation/avfoundation/avcaptureinput
open class AVCaptureInput {}
// https://developer.apple.com/documentation/avfoundation/avcapturedeviceinput
public class AVCaptureDeviceInput: AVCaptureInput {
    public init(device: AVCaptureDevice) throws { self.device = device }
    public let device: AVCaptureDevice
}
// https://developer.apple.com/documentation/avfoundation/avcaptureconnection
open class AVCaptureConnection {
    public var isVideoMirroringSupported: Bool { false }
    public var isVideoMirrored = false
    public var automaticallyAdjustsVideoMirroring = true
    public var isVideoOrientationSupported: Bool { false }
    public var videoOrientation = AVCaptureVideoOrientation.portrait
    // https://developer.apple.com/documentation/avfoundation/avcaptureconnection/videorotationangle
    @available(iOS 17.0, *) public var videoRotationAngle: CGFloat { get { 0 } set {} }
    // https://developer.apple.com/documentation/avfoundation/avcaptureconnection/isvideorotationanglesupported(_:)
    @available(iOS 17.0, *) public func isVideoRotationAngleSupported(_ videoRotationAngle: CGFloat) -> Bool { false }
}
// https://developer.apple.com/documentation/avfoundation/avcaptureoutput
open class AVCaptureOutput {
    public func connection(with mediaType: AVMediaType) -> AVCaptureConnection? { nil }
}
// https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutputsamplebufferdelegate
// Apple's method is optional; here it is required, so that a wrong signature is an error.
public protocol AVCaptureVideoDataOutputSampleBufferDelegate: NSObjectProtocol {
    func captureOutput(
        _ output: AVCaptureOutput, didOutput sampleBuffer: CMSampleBuffer, from connection: AVCaptureConnection)
}
// https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput
public class AVCaptureVideoDataOutput: AVCaptureOutput {
    public override init() {}
    public var videoSettings: [String: Any]! = [:]
    public var alwaysDiscardsLateVideoFrames = true
    // https://developer.apple.com/documentation/avfoundation/avcapturevideodataoutput/setsamplebufferdelegate(_:queue:)
    public func setSampleBufferDelegate(
        _ sampleBufferDelegate: (any AVCaptureVideoDataOutputSampleBufferDelegate)?,
        queue sampleBufferCallbackQueue: DispatchQueue?
    ) {}
}
// https://developer.apple.com/documentation/avfoundation/avcapturesession
open class AVCaptureSession {
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/preset
    public struct Preset: Hashable, Sendable {
        public static let high = Preset()
        public static let hd1280x720 = Preset()
    }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/interruptionreason
    public enum InterruptionReason: Int, Sendable {
        case videoDeviceNotAvailableInBackground = 1
        case audioDeviceInUseByAnotherClient = 2
        case videoDeviceInUseByAnotherClient = 3
        case videoDeviceNotAvailableWithMultipleForegroundApps = 4
        case videoDeviceNotAvailableDueToSystemPressure = 5
    }
    public init() {}
    public var isRunning: Bool { false }
    public var inputs: [AVCaptureInput] { [] }
    public var outputs: [AVCaptureOutput] { [] }
    public var sessionPreset = Preset.high
    public func canSetSessionPreset(_ preset: AVCaptureSession.Preset) -> Bool { false }
    public func beginConfiguration() {}
    public func commitConfiguration() {}
    public func canAddInput(_ input: AVCaptureInput) -> Bool { false }
    public func addInput(_ input: AVCaptureInput) {}
    public func removeInput(_ input: AVCaptureInput) {}
    public func canAddOutput(_ output: AVCaptureOutput) -> Bool { false }
    public func addOutput(_ output: AVCaptureOutput) {}
    public func startRunning() {}
    public func stopRunning() {}

    // https://developer.apple.com/documentation/avfoundation/avcapturesession/wasinterruptednotification (iOS 4 and later)
    public class var wasInterruptedNotification: NSNotification.Name { .init("") }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/interruptionendednotification
    public class var interruptionEndedNotification: NSNotification.Name { .init("") }
    // https://developer.apple.com/documentation/avfoundation/avcapturesession/runtimeerrornotification
    public class var runtimeErrorNotification: NSNotification.Name { .init("") }
}
// https://developer.apple.com/documentation/avfoundation/avcapturesessioninterruptionreasonkey
public let AVCaptureSessionInterruptionReasonKey = ""
// https://developer.apple.com/documentation/avfoundation/avcapturevideopreviewlayer
public class AVCaptureVideoPreviewLayer: CALayer {
    public init(session: AVCaptureSession) {}
    public var videoGravity = AVLayerVideoGravity.resizeAspectFill
    public var connection: AVCaptureConnection? { nil }
}
