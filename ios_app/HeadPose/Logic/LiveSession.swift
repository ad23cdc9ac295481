import HeadPoseCore

/// Runs the camera's pipeline and keeps what the screen shows. Needs no framework: its camera, detector and model are
/// given to it.
@MainActor
final class LiveSession<Image: Sendable> {
    /// What the screen shows now.
    private(set) var screen = LiveScreen() {
        didSet { if screen != oldValue { onChange(screen) } }
    }
    /// Told after each change.
    var onChange: (LiveScreen) -> Void = { _ in }

    private let source: any FrameSource<Image>
    private let detector: any FaceDetector<Image>
    private let clock: any HostClock
    private var settings: PipelineSettings
    private var pipeline: FramePipeline<Image>?
    private var listening: Task<Void, Never>?
    private var isPaused = false
    private var interruption: LiveScreen.Interruption?

    /// A session that does nothing until it is started.
    init(
        source: any FrameSource<Image>, detector: any FaceDetector<Image>,
        settings: PipelineSettings = PipelineSettings(), clock: any HostClock = SystemClock()
    ) {
        self.source = source
        self.detector = detector
        self.settings = settings
        self.clock = clock
    }

    /// Whether it was started and not stopped.
    var isRunning: Bool { pipeline != nil }

    /// Starts, or takes another model if it runs.
    func start(with estimator: any PoseEstimator<Image>) async {
        if let pipeline {
            await pipeline.replace(estimator: estimator)
            return
        }
        let made = FramePipeline(
            source: source, detector: detector, estimator: estimator, settings: settings, clock: clock)
        pipeline = made
        (isPaused, interruption) = (false, nil)
        screen.become(.starting)
        listening = Task { [weak self] in
            for await event in await made.events() {
                guard let self, self.pipeline === made else { return }
                self.screen.take(event)
            }
            self?.ended(made)
        }
    }

    /// Stops, and returns when nothing runs any more: the camera is free then.
    func stop() async {
        guard let old = pipeline else { return }
        pipeline = nil
        listening?.cancel()
        await old.stop()
        screen.become(.off)
    }

    /// Holds the picture, or goes on.
    func setPaused(_ paused: Bool) async {
        guard let pipeline, paused != isPaused else { return }
        isPaused = paused
        show()
        await pipeline.setPaused(paused)
    }

    /// The system took the camera away (a reason) or gave it back (nil).
    func setInterrupted(_ reason: LiveScreen.Interruption?) {
        guard pipeline != nil, reason != interruption else { return }
        interruption = reason
        show()
    }

    /// The camera ended with an error.
    func fail(_ message: String) {
        screen.become(.failed(message))
    }

    /// Other settings, from the next frame on.
    func use(_ new: PipelineSettings) async {
        settings = new
        await pipeline?.update(new)
    }

    private func show() {
        if let interruption {
            screen.become(.interrupted(interruption))
        } else if isPaused {
            screen.become(.paused)
        } else {
            screen.become(screen.frame == nil ? .starting : .running)
        }
    }

    /// The source ended by itself: a failure stays on the screen, and a new start begins anew.
    private func ended(_ old: FramePipeline<Image>) {
        guard pipeline === old else { return }
        pipeline = nil
        if case .failed = screen.camera { return }
        screen.become(.off)
    }
}
