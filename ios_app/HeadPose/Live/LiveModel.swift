@preconcurrency import AVFoundation
import Combine
import Foundation
import HeadPoseCore
import UIKit

/// The live screen's model: binds camera, detector and network to what is shown.
@MainActor
final class LiveModel: ObservableObject {
    /// What the pipeline shows.
    @Published private(set) var screen = LiveScreen()
    /// Whether the camera may be used.
    @Published private(set) var access = CameraAccess.now
    /// Which camera looks.
    @Published private(set) var side = CameraSide.front
    /// Whether the torch is on.
    @Published private(set) var isTorchOn = false
    /// How warm the phone is.
    @Published private(set) var thermal = ThermalState.nominal
    /// How the preview is turned.
    @Published private(set) var screenTurn = QuarterTurn.quarter

    /// Shows what the camera sees.
    let preview: AVCaptureVideoPreviewLayer

    private let camera: CameraSource
    private let session: LiveSession<PixelBuffer>
    private let turn = ScreenTurn()
    private let notices = NoticeBoard()
    private var watching: Task<Void, Never>?

    /// How often orientation and temperature are looked at.
    private static let watchNanoseconds: UInt64 = 200_000_000

    init() {
        camera = CameraSource(side: .front)
        session = LiveSession(source: camera, detector: VisionFaceDetector())
        preview = AVCaptureVideoPreviewLayer(session: camera.session)
        preview.videoGravity = .resizeAspectFill
        session.onChange = { [weak self] in self?.screen = $0 }
    }

    /// Whether this camera has a torch.
    var hasTorch: Bool { CameraSource.device(side)?.hasTorch ?? false }
    /// Whether the picture stands still because the person wants it.
    var isPaused: Bool { screen.camera == .paused }

    /// Starts the camera with a network, or takes another network.
    func start(_ estimator: CoreMLEstimator, _ preferences: Preferences) async {
        access = await CameraAccess.ask()
        guard access == .granted else { return }
        if side != preferences.side { use(preferences.side) }
        await session.use(preferences.pipeline)
        await session.start(with: estimator)
        watch()
    }

    /// Stops everything: the camera is free then.
    func stop() async {
        watching?.cancel()
        watching = nil
        notices.clear()
        turn.stop()
        isTorchOn = false
        await session.stop()
    }

    /// Looks through the other camera.
    func flip() -> CameraSide {
        use(side.other)
        turn.follow(side, layer: preview)
        return side
    }

    /// Holds the picture, or goes on.
    func togglePause() async { await session.setPaused(!isPaused) }

    /// Switches the torch.
    func toggleTorch() {
        isTorchOn.toggle()
        camera.setTorch(isTorchOn)
    }

    /// Other settings, from the next frame on.
    func use(_ settings: PipelineSettings) async { await session.use(settings) }

    private func use(_ new: CameraSide) {
        side = new
        isTorchOn = false
        camera.setSide(new)
    }

    private func watch() {
        guard watching == nil else { return }
        turn.follow(side, layer: preview)
        listen()
        watching = Task { [weak self] in
            while !Task.isCancelled {
                self?.look()
                try? await Task.sleep(nanoseconds: LiveModel.watchNanoseconds)
            }
        }
    }

    private func look() {
        camera.setTurn(turn.ofPhone)
        let scene = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }.first
        let shown = turn.ofScreen(scene)
        preview.connection?.turn(shown)
        if shown != screenTurn { screenTurn = shown }
        let warmth = SystemThermal().thermalState()
        if warmth != thermal { thermal = warmth }
    }

    private func listen() {
        notices.listen(to: AVCaptureSession.wasInterruptedNotification) { [weak self] numbers in
            self?.session.setInterrupted(.init(reason: numbers[AVCaptureSessionInterruptionReasonKey]))
        }
        notices.listen(to: AVCaptureSession.interruptionEndedNotification) { [weak self] _ in
            self?.session.setInterrupted(nil)
        }
        notices.listen(to: AVCaptureSession.runtimeErrorNotification) { [weak self] _ in
            self?.session.fail(String(localized: "The camera stopped. Leave this screen and come back."))
        }
    }
}

extension LiveScreen.Interruption {
    /// Of the number that the system gives.
    init(reason: Int?) {
        switch reason.flatMap(AVCaptureSession.InterruptionReason.init(rawValue:)) {
        case .videoDeviceInUseByAnotherClient, .audioDeviceInUseByAnotherClient: self = .otherApp
        case .videoDeviceNotAvailableWithMultipleForegroundApps: self = .splitScreen
        case .videoDeviceNotAvailableDueToSystemPressure: self = .heat
        case .videoDeviceNotAvailableInBackground: self = .background
        default: self = .unknown
        }
    }
}
