@testable import HeadPoseCore
import HeadPoseCoreTesting
import Testing

@testable import HeadPoseLogic

@Suite @MainActor struct LiveSessionTests {
    let geometry = CameraHold.portrait.geometry(of: .front, buffer: PixelSize(width: 640, height: 480))

    func session(_ source: FakeFrameSource<FakeImage>) -> LiveSession<FakeImage> {
        LiveSession(source: source, detector: FakeFaceDetector())
    }

    @Test func framesOfACameraBecomeHeadsOnTheScreen() async {
        let source = FakeFrameSource([Heads.frame(geometry, heads: 3)], staysOpen: true)
        let live = session(source)
        await live.start(with: FakePoseEstimator())
        #expect(await Heads.wait { live.screen.heads.count == 3 })
        #expect(live.screen.camera == .running)
        #expect(Set(live.screen.heads.map(\.id)).count == 3)
        await live.stop()
        #expect(source.isStopped)
        #expect(live.screen == LiveScreen())
    }

    @Test func whileTheModelIsBusyOnlyTheNewestFrameWaits() async {
        let (source, gate) = (FakeFrameSource<FakeImage>(staysOpen: true), Gate())
        let live = session(source)
        await live.start(with: FakePoseEstimator { _ in await gate.pass() })
        #expect(await Heads.wait { source.starts == 1 })
        source.send(Heads.frame(geometry, at: 0))
        #expect(await Heads.wait { await gate.arrived == 1 })
        for index in 1...9 { source.send(Heads.frame(geometry, at: Double(index) / 30)) }
        try? await Task.sleep(nanoseconds: 30_000_000)
        await gate.open()
        #expect(await Heads.wait { live.screen.frame?.timeSeconds == 9.0 / 30 })
        #expect(live.screen.frame?.droppedFrames == 8)
        #expect(await gate.arrived == 2)
        await live.stop()
    }

    @Test func stoppingInTheMiddleOfAnInferenceEndsEverything() async {
        let (source, gate) = (FakeFrameSource<FakeImage>([Heads.frame(geometry)], staysOpen: true), Gate())
        let live = session(source)
        await live.start(with: FakePoseEstimator { _ in await gate.pass() })
        #expect(await Heads.wait { await gate.arrived == 1 })
        let returned = Flag()
        let stopping = Task {
            await live.stop()
            returned.isSet = true
        }
        #expect(await Heads.wait { source.isStopped })
        #expect(!returned.isSet, "stop waits for the inference that is being made")
        await gate.open()
        await stopping.value
        #expect(!live.isRunning)
        #expect(live.screen.camera == .off)
        #expect(live.screen.frame == nil, "a frame that was read after the stop is not shown")
        source.send(Heads.frame(geometry, at: 1))
        try? await Task.sleep(nanoseconds: 20_000_000)
        #expect(await gate.arrived == 1)
    }

    @Test func aPauseHoldsThePictureAndGoesOn() async {
        let source = FakeFrameSource([Heads.frame(geometry, at: 0)], staysOpen: true)
        let live = session(source)
        await live.start(with: FakePoseEstimator())
        #expect(await Heads.wait { live.screen.frame != nil })
        await live.setPaused(true)
        source.send(Heads.frame(geometry, at: 1))
        try? await Task.sleep(nanoseconds: 20_000_000)
        #expect(live.screen.camera == .paused)
        #expect(live.screen.frame?.timeSeconds == 0)
        #expect(live.screen.heads.count == 1)
        await live.setPaused(false)
        source.send(Heads.frame(geometry, at: 2))
        #expect(await Heads.wait { live.screen.frame?.timeSeconds == 2 })
        #expect(live.screen.frame?.droppedFrames == 0)
        await live.stop()
    }

    @Test func anInterruptionHidesTheHeadsAndAPauseOutlivesIt() async {
        let live = session(FakeFrameSource([Heads.frame(geometry)], staysOpen: true))
        live.setInterrupted(.otherApp)
        #expect(live.screen.camera == .off, "what does not run cannot be interrupted")
        await live.start(with: FakePoseEstimator())
        #expect(await Heads.wait { live.screen.frame != nil })
        await live.setPaused(true)
        live.setInterrupted(.heat)
        #expect(live.screen.camera == .interrupted(.heat))
        #expect(live.screen.heads.isEmpty)
        live.setInterrupted(nil)
        #expect(live.screen.camera == .paused)
        await live.stop()
    }

    @Test func aCameraThatCannotStartSaysWhyAndCanBeStartedAgain() async {
        let live = session(FakeFrameSource(failure: HeadPoseError("there is no camera")))
        await live.start(with: FakePoseEstimator())
        #expect(await Heads.wait { live.screen.camera == .failed("there is no camera") })
        #expect(await Heads.wait { !live.isRunning })
        #expect(live.screen.camera == .failed("there is no camera"))
    }

    @Test func anotherModelIsTakenWhileItRuns() async {
        let source = FakeFrameSource<FakeImage>(staysOpen: true)
        let live = session(source)
        let failing = FakePoseEstimator { _ in throw HeadPoseError("this model is broken") }
        await live.start(with: failing)
        #expect(await Heads.wait { source.starts == 1 })
        source.send(Heads.frame(geometry, at: 0))
        #expect(await Heads.wait { live.screen.frameError == "this model is broken" })
        await live.start(with: FakePoseEstimator())
        source.send(Heads.frame(geometry, at: 1))
        #expect(await Heads.wait { live.screen.heads.count == 1 })
        #expect(live.screen.frameError == nil)
        await live.stop()
    }

    @Test func smoothingCanBeSwitchedWhileItRuns() async {
        let source = FakeFrameSource<FakeImage>(staysOpen: true)
        let live = session(source)
        await live.start(with: FakePoseEstimator())
        #expect(await Heads.wait { source.starts == 1 })
        await live.use(Preferences(smooths: false).pipeline)
        source.send(Heads.frame(geometry, at: 0))
        #expect(await Heads.wait { live.screen.frame != nil })
        #expect(live.screen.heads.first.map { $0.rotation == $0.rawRotation } == true)
        await live.stop()
    }

    @Test func noFaceIsSaidAfterAFewFramesOnly() {
        var screen = LiveScreen()
        screen.become(.starting)
        for index in 0..<30 {
            screen.take(.frame(FrameResult.empty(geometry, at: Double(index) / 10)))
            #expect(screen.showsNoFace == (index + 1 >= LiveScreen.framesUntilNoFace))
        }
        #expect(abs(screen.framesPerSecond - 10) < 1e-9)
        #expect(abs(screen.times.detectMs - 4) < 1e-9)
    }
}

extension FrameResult {
    /// A frame without a face that took four milliseconds to search. The core makes results only itself, so one is run.
    static func empty(_ geometry: FrameGeometry, at timeSeconds: Double) -> FrameResult {
        var times = StageTimes()
        times.detectMs = 4
        return FrameResult(
            timeSeconds: timeSeconds, geometry: geometry, poses: [], times: times, droppedFrames: 0)
    }
}
