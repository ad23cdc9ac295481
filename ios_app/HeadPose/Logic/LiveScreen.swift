import HeadPoseCore

/// What the live screen shows: the newest frame's heads and figures, and what state the camera is in.
struct LiveScreen: Sendable, Equatable {
    /// What the camera does.
    enum Camera: Sendable, Equatable {
        /// Not started.
        case off
        /// Asked for, no frame yet.
        case starting
        /// Frames come.
        case running
        /// The person stopped it for a while.
        case paused
        /// The system took it away for a while.
        case interrupted(Interruption)
        /// It ended with an error, in one sentence.
        case failed(String)
    }

    /// Why the system took the camera away.
    enum Interruption: String, Sendable, Equatable, CaseIterable {
        /// Another app uses it, or a call does.
        case otherApp
        /// Several apps share the screen.
        case splitScreen
        /// The phone is too hot.
        case heat
        /// This app is not in front.
        case background
        /// Anything else.
        case unknown
    }

    /// Frames in a row without a face before the screen says so: a blink of the detector is not worth a word.
    static let framesUntilNoFace = 10

    /// What the camera does.
    private(set) var camera = Camera.off
    /// The newest frame that was read.
    private(set) var frame: FrameResult?
    /// Frames read per second.
    private(set) var framesPerSecond = 0.0
    /// Milliseconds of the stages, mean of the last second.
    private(set) var times = StageMeans()
    /// The last frame's error, gone with the next good frame.
    private(set) var frameError: String?
    /// The person is told that there is no face.
    var showsNoFace: Bool { camera == .running && framesWithoutFace >= LiveScreen.framesUntilNoFace }
    /// Heads to draw; none unless frames come or stand still.
    var heads: [TrackedPose] { camera == .running || camera == .paused ? frame?.poses ?? [] : [] }

    private var framesWithoutFace = 0
    private var rate = FrameRateMeter()
    private var recent: [(timeSeconds: Double, times: StageTimes)] = []

    /// Another state of the camera; a new start forgets the old picture's figures.
    mutating func become(_ new: Camera) {
        if new == .starting || new == .off { self = LiveScreen() }
        camera = new
    }

    /// Takes in what a pipeline tells.
    mutating func take(_ event: PipelineEvent) {
        switch event {
        case .frame(let result): take(result)
        case .frameFailed(_, let message): frameError = message
        case .stopped(let message): become(.failed(message))
        }
    }

    private mutating func take(_ result: FrameResult) {
        if camera == .starting { camera = .running }
        frame = result
        frameError = nil
        framesWithoutFace = result.poses.isEmpty ? framesWithoutFace + 1 : 0
        rate.note(timeSeconds: result.timeSeconds)
        framesPerSecond = rate.framesPerSecond
        recent.removeAll { result.timeSeconds - $0.timeSeconds > 1 || $0.timeSeconds > result.timeSeconds }
        recent.append((result.timeSeconds, result.times))
        times = StageMeans(recent.map(\.times))
    }

    static func == (a: LiveScreen, b: LiveScreen) -> Bool {
        a.camera == b.camera && a.frame == b.frame && a.framesPerSecond == b.framesPerSecond && a.times == b.times
            && a.frameError == b.frameError && a.framesWithoutFace == b.framesWithoutFace
    }
}

/// Milliseconds of each stage, mean of several frames.
struct StageMeans: Sendable, Equatable {
    /// Finding faces.
    private(set) var detectMs = 0.0
    /// Cutting and resizing.
    private(set) var cropMs = 0.0
    /// The network.
    private(set) var inferenceMs = 0.0
    /// From matrices to what is drawn.
    private(set) var decodeMs = 0.0
    /// From the frame's start to its result.
    private(set) var totalMs = 0.0

    /// The means; zeros for no frames.
    init(_ frames: [StageTimes] = []) {
        let count = Double(max(1, frames.count))
        for times in frames {
            detectMs += times.detectMs / count
            cropMs += times.cropMs / count
            inferenceMs += times.inferenceMs / count
            decodeMs += times.decodeMs / count
            totalMs += times.totalMs / count
        }
    }
}
