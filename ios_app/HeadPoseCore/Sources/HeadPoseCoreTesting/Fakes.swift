import Foundation
import HeadPoseCore

/// A clock that goes only when it is told to.
public final class FakeClock: HostClock, @unchecked Sendable {
    private let lock = NSLock()
    private var steady: Double
    private var wall: Double

    /// A clock that shows these seconds.
    public init(monotonic: Double = 100, wall: Double = 1_795_694_400) {
        steady = monotonic
        self.wall = wall
    }

    /// Lets time pass: the same on both, and more of the wall clock alone.
    public func advance(_ seconds: Double, wallAlone: Double = 0) {
        lock.withLock {
            steady += seconds
            wall += seconds + wallAlone
        }
    }

    /// Seconds that only go forward.
    public func monotonicSeconds() -> Double { lock.withLock { steady } }
    /// Seconds since 1970.
    public func wallSeconds() -> Double { lock.withLock { wall } }

    /// Does not wait: time has passed at once.
    public func sleep(seconds: Double) async throws {
        try Task.checkCancellation()
        advance(seconds)
    }
}

/// Thermal states one after the other; the last one stays.
public final class FakeThermalSource: ThermalSource, @unchecked Sendable {
    private let lock = NSLock()
    private var states: [ThermalState]

    /// These states, one for each look.
    public init(_ states: [ThermalState] = [.nominal]) {
        self.states = states
    }

    /// The next state.
    public func thermalState() -> ThermalState {
        lock.withLock {
            if states.count > 1 { return states.removeFirst() }
            return states.first ?? .nominal
        }
    }
}

/// A picture without pixels: what a fake detector and a fake network read out of it.
public struct FakeImage: Sendable, Equatable {
    /// Faces with the rotation that the network reads, for the picture that it sees.
    public var heads: [(face: DetectedFace, rotation: Matrix3)]

    /// A picture with these heads.
    public init(heads: [(face: DetectedFace, rotation: Matrix3)]) {
        self.heads = heads
    }

    /// Equal faces and rotations.
    public static func == (a: FakeImage, b: FakeImage) -> Bool {
        a.heads.map(\.face) == b.heads.map(\.face) && a.heads.map(\.rotation) == b.heads.map(\.rotation)
    }
}

/// A camera that plays frames: all at once, or one whenever it is told to.
public final class FakeFrameSource<Image: Sendable>: FrameSource, @unchecked Sendable {
    private let lock = NSLock()
    private let list: [Frame<Image>]
    private let failure: HeadPoseError?
    private let staysOpen: Bool
    private var continuation: AsyncStream<Frame<Image>>.Continuation?
    private var stopped = false
    private var count = 0

    /// A source.
    ///
    /// - Parameters:
    ///   - frames: given as soon as it is started.
    ///   - staysOpen: whether more may come by `send`, until `finish`.
    ///   - failure: thrown instead of starting.
    public init(_ frames: [Frame<Image>] = [], staysOpen: Bool = false, failure: HeadPoseError? = nil) {
        list = frames
        self.staysOpen = staysOpen
        self.failure = failure
    }

    /// Whether the stream was ended, by either side.
    public var isStopped: Bool { lock.withLock { stopped } }

    /// How often `frames()` was called.
    public var starts: Int { lock.withLock { count } }

    /// Starts.
    public func frames() async throws -> AsyncStream<Frame<Image>> {
        if let failure { throw failure }
        let (stream, continuation) = AsyncStream.makeStream(of: Frame<Image>.self)
        continuation.onTermination = { [weak self] _ in self?.noteStopped() }
        lock.withLock {
            self.continuation = continuation
            stopped = false
            count += 1
        }
        list.forEach { continuation.yield($0) }
        if !staysOpen { continuation.finish() }
        return stream
    }

    /// One frame more.
    public func send(_ frame: Frame<Image>) {
        _ = lock.withLock { continuation }?.yield(frame)
    }

    /// No more frames.
    public func finish() {
        lock.withLock { continuation }?.finish()
    }

    private func noteStopped() {
        lock.withLock { stopped = true }
    }
}

/// Finds the faces of a `FakeImage`.
public struct FakeFaceDetector: FaceDetector {
    private let failure: (@Sendable (Frame<FakeImage>) -> HeadPoseError?)?

    /// A detector that fails where `failure` says so.
    public init(failure: (@Sendable (Frame<FakeImage>) -> HeadPoseError?)? = nil) {
        self.failure = failure
    }

    /// The faces of the picture.
    public func faces(in frame: Frame<FakeImage>) async throws -> [DetectedFace] {
        if let error = failure?(frame) { throw error }
        return frame.image.heads.map(\.face)
    }
}

/// Reads the rotation of the head whose crop it is given.
public struct FakePoseEstimator: PoseEstimator {
    /// Side of the input.
    public let inputSize: Int
    /// The crop rule.
    public let cropRule: CropRule
    /// Which picture crops are cut from.
    public let view: CropView
    private let work: @Sendable (Frame<FakeImage>) async throws -> Void

    /// An estimator that does `work` before each answer: waits, lets a clock go, or throws.
    public init(
        inputSize: Int = 224, cropRule: CropRule = .standard, view: CropView = .upright,
        work: @escaping @Sendable (Frame<FakeImage>) async throws -> Void = { _ in }
    ) {
        self.inputSize = inputSize
        self.cropRule = cropRule
        self.view = view
        self.work = work
    }

    /// The rotation of the head whose middle lies nearest to the crop's.
    public func estimate(_ frame: Frame<FakeImage>, crop: CropTransform) async throws -> PoseEstimate {
        try await work(frame)
        let toSeen = view == .upright ? AffineMap.identity : frame.geometry.bufferToUpright.inverse ?? .identity
        func distance(_ face: PixelBox) -> Double {
            let (seen, middle) = (toSeen.apply(face).center, crop.cropBox.center)
            return abs(seen.x - middle.x) + abs(seen.y - middle.y)
        }
        let nearest = frame.image.heads.min { distance($0.face.box) < distance($1.face.box) }
        guard let nearest else { throw HeadPoseError("there is no head in this picture") }
        return PoseEstimate(rotation: nearest.rotation)
    }
}

/// A model whose inferences take the time that it is told, on a fake clock.
public struct FakeOpenedModel: OpenedModel {
    private let work: @Sendable () throws -> Void

    /// A model that does `work` for each inference.
    public init(work: @escaping @Sendable () throws -> Void) {
        self.work = work
    }

    /// One inference.
    public func predict() throws { try work() }
}
