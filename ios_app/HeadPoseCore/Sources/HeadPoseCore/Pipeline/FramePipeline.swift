import Foundation

/// What can be set while a pipeline runs.
public struct PipelineSettings: Sendable, Equatable {
    /// How heads are smoothed.
    public var smoothing: SmoothingChoice
    /// The largest so many faces of a frame are looked at.
    public var maximumFaces: Int

    /// Settings.
    public init(smoothing: SmoothingChoice = .standard, maximumFaces: Int = 4) {
        self.smoothing = smoothing
        self.maximumFaces = maximumFaces
    }
}

/// From frames to poses: one frame at a time, always the newest; one that is too old when its turn comes is dropped and
/// counted, so that the picture never lags behind.
public actor FramePipeline<Image: Sendable> {
    private let source: any FrameSource<Image>
    private let detector: any FaceDetector<Image>
    private var estimator: any PoseEstimator<Image>
    private let clock: any HostClock
    private var settings: PipelineSettings
    private var isPaused = false
    private var tracker = FaceTracker()
    private var filters: [Int: any RotationFilter] = [:]
    private var running: Task<Void, Never>?
    private var slot = NewestValue<Frame<Image>>()

    /// A pipeline that does nothing until `events()` is called.
    public init(
        source: any FrameSource<Image>, detector: any FaceDetector<Image>, estimator: any PoseEstimator<Image>,
        settings: PipelineSettings = PipelineSettings(), clock: any HostClock = SystemClock()
    ) {
        self.source = source
        self.detector = detector
        self.estimator = estimator
        self.settings = settings
        self.clock = clock
    }

    /// Starts, and tells what comes of the frames until the source ends. Ending the loop over it, or cancelling its task,
    /// stops source and pipeline; a second call stops the first.
    public func events() -> AsyncStream<PipelineEvent> {
        let before = running
        before?.cancel()
        let (stream, continuation) = AsyncStream.makeStream(of: PipelineEvent.self)
        let task = Task {
            await before?.value
            await self.run { continuation.yield($0) }
            continuation.finish()
        }
        running = task
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    /// Stops, and waits until nothing runs any more. The stream of `events()` ends.
    public func stop() async {
        running?.cancel()
        await running?.value
    }

    /// Changes settings; another smoothing starts anew.
    public func update(_ new: PipelineSettings) {
        if new.smoothing != settings.smoothing { filters = [:] }
        settings = new
    }

    /// Takes another model from the next frame on.
    public func replace(estimator new: any PoseEstimator<Image>) {
        estimator = new
        filters = [:]
    }

    /// While paused, frames are let go unseen and uncounted.
    public func setPaused(_ paused: Bool) {
        isPaused = paused
    }

    /// Frames since the start that were replaced by a newer one before their turn came.
    public var droppedFrames: Int { get async { await slot.dropped } }

    private func run(_ tell: @escaping @Sendable (PipelineEvent) -> Void) async {
        tracker = FaceTracker()
        filters = [:]
        let slot = NewestValue<Frame<Image>>()
        self.slot = slot
        do {
            let frames = try await source.frames()
            await withTaskCancellationHandler {
                async let pumped: Void = FramePipeline.pump(frames, into: slot) { await self.isPaused }
                await work(slot, tell)
                await pumped
            } onCancel: {
                Task { await slot.finish(discarding: true) }
            }
        } catch {
            tell(.stopped(message: error.localizedDescription))
        }
    }

    /// Puts every frame into the slot at once, so that the slot, not the stream, decides which is dropped.
    private static func pump(
        _ frames: AsyncStream<Frame<Image>>, into slot: NewestValue<Frame<Image>>, unless paused: () async -> Bool
    ) async {
        for await frame in frames where await !paused() { await slot.offer(frame) }
        await slot.finish()
    }

    private func work(_ slot: NewestValue<Frame<Image>>, _ tell: (PipelineEvent) -> Void) async {
        while !Task.isCancelled, let frame = await slot.next() {
            do {
                let result = try await result(of: frame, slot)
                if !Task.isCancelled { tell(.frame(result)) }
            } catch is CancellationError {
                return
            } catch {
                tell(.frameFailed(timeSeconds: frame.timeSeconds, message: error.localizedDescription))
            }
        }
    }

    private func result(of frame: Frame<Image>, _ slot: NewestValue<Frame<Image>>) async throws -> FrameResult {
        let start = clock.monotonicSeconds()
        var times = StageTimes()
        let found = try await detector.faces(in: frame)
        times.detectMs = milliseconds(since: start)
        let faces = Array(found.sorted { $0.box.area > $1.box.area }.prefix(max(0, settings.maximumFaces)))
        let ids = tracker.update(faces.map(\.box), timeSeconds: frame.timeSeconds)
        let known = tracker.known
        filters = filters.filter { known.contains($0.key) }
        var poses: [TrackedPose] = []
        for (face, id) in zip(faces, ids) {
            try Task.checkCancellation()
            poses.append(try await pose(of: face, id, in: frame, &times))
        }
        times.totalMs = milliseconds(since: start)
        return FrameResult(
            timeSeconds: frame.timeSeconds, geometry: frame.geometry, poses: poses, times: times,
            droppedFrames: await slot.dropped)
    }

    private func pose(
        of face: DetectedFace, _ id: Int, in frame: Frame<Image>, _ times: inout StageTimes
    ) async throws -> TrackedPose {
        let (geometry, estimator) = (frame.geometry, estimator)
        let seen = estimator.view == .upright ? face.box : geometry.bufferToUpright.inverse?.apply(face.box) ?? face.box
        let crop = try CropTransform(
            face: seen, geometry: geometry, rule: estimator.cropRule, inputSize: estimator.inputSize,
            view: estimator.view)
        let start = clock.monotonicSeconds()
        let estimate = try await estimator.estimate(frame, crop: crop)
        let called = milliseconds(since: start)
        times.cropMs += estimate.cropMs ?? 0
        times.inferenceMs += estimate.inferenceMs ?? called - (estimate.cropMs ?? 0)
        let decoding = clock.monotonicSeconds()
        defer { times.decodeMs += milliseconds(since: decoding) }
        let raw = crop.uprightRotation(ofNetwork: estimate.rotation)
        let smooth = smoothed(raw, id, frame.timeSeconds)
        return TrackedPose(
            id: id, faceBox: face.box, displayBox: geometry.uprightToDisplay.apply(face.box), score: face.score,
            rawRotation: raw, rotation: smooth, displayRotation: geometry.displayRotation(ofUpright: smooth))
    }

    private func smoothed(_ rotation: Matrix3, _ id: Int, _ timeSeconds: Double) -> Matrix3 {
        guard var filter = filters[id] ?? settings.smoothing.makeFilter() else { return rotation }
        defer { filters[id] = filter }
        return filter.update(rotation, timeSeconds: timeSeconds)
    }

    private func milliseconds(since start: Double) -> Double { (clock.monotonicSeconds() - start) * 1e3 }
}
