@preconcurrency import AVFoundation
import CoreMedia
import CoreVideo
import Foundation
import HeadPoseCore

/// The camera: every frame as a pixel buffer, with how it lies. All of the session's work is done on one queue.
final class CameraSource: NSObject, FrameSource, @unchecked Sendable {
    /// For the preview.
    let session = AVCaptureSession()

    private let queue = DispatchQueue(label: "headpose.camera", qos: .userInitiated)
    private let output = AVCaptureVideoDataOutput()
    private let lock = NSLock()
    /// Guarded by `lock`: they are set on the main actor and read for each frame.
    private var side: CameraSide
    private var turn = QuarterTurn.quarter
    private var continuation: AsyncStream<Frame<PixelBuffer>>.Continuation?
    private var starts = 0

    /// A camera that does nothing until frames are asked for.
    init(side: CameraSide) {
        self.side = side
        super.init()
    }

    /// The device of a side; nil where there is none, as in a simulator.
    static func device(_ side: CameraSide) -> AVCaptureDevice? {
        AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: side == .back ? .back : .front)
    }

    /// Starts the camera. Ending the stream stops it.
    ///
    /// - Throws: `HeadPoseError` without permission or without a camera.
    func frames() async throws -> AsyncStream<Frame<PixelBuffer>> {
        guard await CameraAccess.ask() == .granted else {
            throw HeadPoseError("the camera may not be used: allow it in Settings")
        }
        return try await withCheckedThrowingContinuation { reply in
            queue.async { reply.resume(with: Result { try self.start() }) }
        }
    }

    /// The turn that makes frames upright from now on.
    func setTurn(_ new: QuarterTurn) { lock.withLock { turn = new } }

    /// Looks through the other camera.
    func setSide(_ new: CameraSide) {
        queue.async {
            self.lock.withLock { self.side = new }
            if self.session.isRunning { try? self.configure() }
        }
    }

    /// Switches the torch; does nothing where there is none.
    func setTorch(_ on: Bool) {
        queue.async {
            guard let device = self.device, device.hasTorch, device.isTorchAvailable,
                (try? device.lockForConfiguration()) != nil
            else { return }
            device.torchMode = on ? .on : .off
            device.unlockForConfiguration()
        }
    }

    private var device: AVCaptureDevice? { (session.inputs.first as? AVCaptureDeviceInput)?.device }

    private func start() throws -> AsyncStream<Frame<PixelBuffer>> {
        let (stream, made) = AsyncStream.makeStream(of: Frame<PixelBuffer>.self)
        try configure()
        let (old, number) = lock.withLock {
            defer { continuation = made }
            starts += 1
            return (continuation, starts)
        }
        made.onTermination = { [weak self] _ in self?.stop(number) }
        old?.finish()
        session.startRunning()
        return stream
    }

    /// Stops the session, unless a newer stream has begun meanwhile.
    private func stop(_ number: Int) {
        queue.async {
            let isNewest = self.lock.withLock {
                guard self.starts == number else { return false }
                self.continuation = nil
                return true
            }
            if isNewest { self.session.stopRunning() }
        }
    }

    private func configure() throws {
        let wanted = lock.withLock { side }
        guard let device = CameraSource.device(wanted) else {
            throw HeadPoseError("this device has no \(wanted.rawValue) camera: choose a photo instead")
        }
        let input = try AVCaptureDeviceInput(device: device)
        session.beginConfiguration()
        defer { session.commitConfiguration() }
        session.inputs.forEach { session.removeInput($0) }
        guard session.canAddInput(input) else { throw HeadPoseError("the camera is used by something else") }
        session.addInput(input)
        session.sessionPreset = session.canSetSessionPreset(.hd1280x720) ? .hd1280x720 : .high
        if session.outputs.isEmpty {
            output.videoSettings = [kCVPixelBufferPixelFormatTypeKey as String: kCVPixelFormatType_32BGRA]
            output.alwaysDiscardsLateVideoFrames = true
            output.setSampleBufferDelegate(self, queue: queue)
            guard session.canAddOutput(output) else { throw HeadPoseError("the camera gives no frames") }
            session.addOutput(output)
        }
        if let connection = output.connection(with: .video), connection.isVideoMirroringSupported {
            connection.automaticallyAdjustsVideoMirroring = false
            connection.isVideoMirrored = false
        }
    }
}

extension CameraSource: AVCaptureVideoDataOutputSampleBufferDelegate {
    /// A frame, in the sensor's own orientation.
    func captureOutput(
        _ output: AVCaptureOutput, didOutput sampleBuffer: CMSampleBuffer, from connection: AVCaptureConnection
    ) {
        guard let buffer = CMSampleBufferGetImageBuffer(sampleBuffer) else { return }
        let image = PixelBuffer(buffer: buffer)
        let (side, turn, continuation) = lock.withLock { (self.side, self.turn, self.continuation) }
        let geometry = FrameGeometry(bufferSize: image.size, turn: turn, isMirrored: side == .front)
        let time = CMTimeGetSeconds(CMSampleBufferGetPresentationTimeStamp(sampleBuffer))
        continuation?.yield(Frame(image: image, timeSeconds: time, geometry: geometry))
    }
}
