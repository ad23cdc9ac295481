import Foundation
import HeadPoseCore
import HeadPoseCoreTesting
import Testing

/// Lets its holder go on when it is opened, once for each opening.
actor Gate {
    private var open = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private(set) var arrivals = 0

    func pass() async {
        arrivals += 1
        if open > 0 {
            open -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func letOne() {
        if waiting.isEmpty { open += 1 } else { waiting.removeFirst().resume() }
    }

    func waitForArrivals(_ count: Int) async throws {
        for _ in 0..<5000 where arrivals < count { try await Task.sleep(nanoseconds: 1_000_000) }
        try #require(arrivals >= count, "nothing arrived at the gate")
    }
}

private let geometry = FrameGeometry(bufferSize: PixelSize(width: 640, height: 480))
private let leftBox = PixelBox(left: 50, top: 60, right: 150, bottom: 170)
private let rightBox = PixelBox(left: 400, top: 100, right: 520, bottom: 240)

private func pose(_ yaw: Double, _ roll: Double = 0) -> Matrix3 {
    EulerAngles(pitchDegrees: 0, yawDegrees: yaw, rollDegrees: roll).rotation
}

private func frame(
    _ time: Double, _ heads: [(PixelBox, Matrix3)], _ geometry: FrameGeometry = geometry
) -> Frame<FakeImage> {
    let image = FakeImage(heads: heads.map { (face: DetectedFace(box: $0.0, score: 0.9), rotation: $0.1) })
    return Frame(image: image, timeSeconds: time, geometry: geometry)
}

private func pipeline(
    _ source: FakeFrameSource<FakeImage>, detector: FakeFaceDetector = .init(), estimator: FakePoseEstimator = .init(),
    settings: PipelineSettings = .init(smoothing: .off), clock: any HostClock = FakeClock()
) -> FramePipeline<FakeImage> {
    FramePipeline(source: source, detector: detector, estimator: estimator, settings: settings, clock: clock)
}

private func collect(_ stream: AsyncStream<PipelineEvent>) async -> [PipelineEvent] {
    var events: [PipelineEvent] = []
    for await event in stream { events.append(event) }
    return events
}

private func results(_ events: [PipelineEvent]) -> [FrameResult] {
    events.compactMap { if case .frame(let result) = $0 { result } else { nil } }
}

@Suite("from frames to poses", .timeLimit(.minutes(1)))
struct FramePipelineTests {
    @Test func aFrameComesOutWithItsHeadsLargestFirst() async throws {
        let source = FakeFrameSource([frame(1, [(leftBox, pose(10)), (rightBox, pose(-20))])])
        let clock = FakeClock()
        let estimator = FakePoseEstimator(work: { _ in clock.advance(0.004) })
        let found = results(await collect(await pipeline(source, estimator: estimator, clock: clock).events()))
        #expect(found.count == 1)
        #expect(found.first?.poses.map(\.faceBox) == [rightBox, leftBox])
        #expect(found.first?.poses.map(\.rawRotation) == [pose(-20), pose(10)])
        #expect(found.first?.droppedFrames == 0)
        let times = try #require(found.first?.times)
        #expect(abs(times.inferenceMs - 8) < 1e-6 && abs(times.totalMs - 8) < 1e-6 && times.detectMs == 0)
    }

    @Test func aFrameWithoutFacesIsAResultToo() async {
        let found = results(await collect(await pipeline(FakeFrameSource([frame(1, [])])).events()))
        #expect(found.map(\.poses.count) == [0])
    }

    @Test func theNewestFrameWinsAndOldOnesAreCounted() async throws {
        let (gate, source) = (Gate(), FakeFrameSource<FakeImage>(staysOpen: true))
        let line = pipeline(source, estimator: FakePoseEstimator(work: { _ in await gate.pass() }))
        let task = Task { results(await collect(await line.events())) }
        try await eventually { source.starts == 1 }
        source.send(frame(1, [(leftBox, pose(1))]))
        try await gate.waitForArrivals(1)  // the network is busy with the first frame
        for time in 2...5 { source.send(frame(Double(time), [(leftBox, pose(Double(time)))])) }
        try await eventually { await line.droppedFrames == 3 }
        await gate.letOne()
        try await gate.waitForArrivals(2)
        await gate.letOne()
        source.finish()
        let found = await task.value
        #expect(found.map(\.timeSeconds) == [1, 5])
        #expect(found.last?.droppedFrames == 3)
    }

    @Test func cancellingTheConsumerStopsSourceAndPipeline() async throws {
        let source = FakeFrameSource([frame(1, [(leftBox, pose(1))])], staysOpen: true)
        let line = pipeline(source)
        let task = Task { await collect(await line.events()).count }
        try await eventually { source.starts == 1 }
        task.cancel()
        _ = await task.value
        try await eventually { source.isStopped }
    }

    @Test func stopEndsTheStreamEvenInTheMiddleOfAFrame() async throws {
        let (gate, source) = (
            Gate(), FakeFrameSource([frame(1, [(leftBox, pose(1)), (rightBox, pose(2))])], staysOpen: true)
        )
        let line = pipeline(source, estimator: FakePoseEstimator(work: { _ in await gate.pass() }))
        let task = Task { await collect(await line.events()) }
        try await gate.waitForArrivals(1)
        let stopping = Task { await line.stop() }
        try await eventually { source.isStopped }
        await gate.letOne()  // the network's call ends; the second face is not looked at any more
        await gate.letOne()  // if it were, it would pass, and be counted
        await stopping.value
        #expect(await task.value.isEmpty)
        #expect(await gate.arrivals == 1)
        #expect(source.isStopped)
    }

    @Test func aSecondRunEndsTheFirst() async throws {
        let source = FakeFrameSource([frame(1, [])], staysOpen: true)
        let line = pipeline(source)
        let first = await line.events()
        try await eventually { source.starts == 1 }
        let second = Task { results(await collect(await line.events())) }
        #expect(results(await collect(first)).count <= 1)
        try await eventually { source.starts == 2 }
        source.finish()
        #expect(await second.value.count == 1)
    }

    @Test func aFailedFrameIsToldAndTheNextOneComes() async throws {
        let detector = FakeFaceDetector { $0.timeSeconds == 1 ? HeadPoseError("the detector is ill") : nil }
        let source = FakeFrameSource<FakeImage>(staysOpen: true)
        let line = pipeline(source, detector: detector)
        var events = await line.events().makeAsyncIterator()
        try await eventually { source.starts == 1 }
        source.send(frame(1, [(leftBox, pose(1))]))
        #expect(await events.next() == .frameFailed(timeSeconds: 1, message: "the detector is ill"))
        source.send(frame(2, [(leftBox, pose(2))]))
        #expect(try await nextResult(&events).timeSeconds == 2)
        source.finish()
        #expect(await events.next() == nil)
    }

    @Test func aSourceThatCannotStartIsTold() async {
        let source = FakeFrameSource<FakeImage>(failure: HeadPoseError("no permission for the camera"))
        #expect(await collect(await pipeline(source).events()) == [.stopped(message: "no permission for the camera")])
    }

    @Test func eachFaceIsSmoothedByItself() async throws {
        let settings = PipelineSettings(smoothing: .slerp(.init(timeConstantSeconds: 0.1)))
        let poses = try await oneByOne(
            [
                frame(1.00, [(leftBox, pose(0)), (rightBox, pose(40))]),
                frame(1.05, [(rightBox, pose(50)), (leftBox, pose(0))]),
            ], settings)
        let last = try #require(poses.last)
        #expect(Set(last.map(\.id)) == Set(poses[0].map(\.id)))
        let right = try #require(last.first { $0.faceBox == rightBox })
        let left = try #require(last.first { $0.faceBox == leftBox })
        #expect(abs(right.angles.yawDegrees - (40 + 10 * (1 - exp(-0.5)))) < 1e-9)
        #expect(abs(left.angles.yawDegrees) < 1e-9)
        #expect(near(right.rawRotation, pose(50)))
    }

    @Test func theScreenIsTurnedAndMirroredAndTheNetworksViewIsTurnedBack() async throws {
        let sideways = FrameGeometry(bufferSize: PixelSize(width: 640, height: 480), turn: .quarter, isMirrored: true)
        let box = PixelBox(left: 30, top: 100, right: 130, bottom: 220)  // of the upright picture, 480 × 640
        let upright = pose(25, 10)
        for view in CropView.allCases {
            let seen = view == .upright ? upright : upright.turnedInPlane(clockwiseDegrees: -90)
            let source = FakeFrameSource([frame(1, [(box, seen)], sideways)])
            let line = pipeline(source, estimator: FakePoseEstimator(view: view))
            let head = try #require(results(await collect(await line.events())).first?.poses.first)
            #expect(near(head.rotation, upright) && near(head.displayRotation, upright.mirrored))
            #expect(head.displayBox.sides == [350, 100, 450, 220])
            #expect(abs(head.displayAngles.yawDegrees + 25) < 1e-9)
            #expect(head.lines(.axes).count == 3 && head.lines(.cube).count == 12)
            #expect(head.lines(.axes).first?.start == head.displayBox.center)
        }
    }

    @Test func settingsPauseAndModelsChangeOnTheWay() async throws {
        let source = FakeFrameSource<FakeImage>(staysOpen: true)
        let line = pipeline(source, settings: PipelineSettings(smoothing: .standard, maximumFaces: 2))
        var events = await line.events().makeAsyncIterator()
        try await eventually { source.starts == 1 }
        let both = [(leftBox, pose(0)), (rightBox, pose(10))]
        source.send(frame(1, both))
        #expect(try await nextResult(&events).poses.count == 2)
        await line.update(PipelineSettings(smoothing: .off, maximumFaces: 1))
        source.send(frame(1.1, [(leftBox, pose(0)), (rightBox, pose(80))]))
        let second = try await nextResult(&events)
        #expect(second.poses.map(\.faceBox) == [rightBox])
        #expect(second.poses.allSatisfy { near($0.rotation, pose(80)) })
        await line.setPaused(true)
        source.send(frame(1.2, both))
        try await Task.sleep(nanoseconds: 300_000_000)
        await line.setPaused(false)
        await line.replace(estimator: FakePoseEstimator(work: { _ in throw HeadPoseError("the new model") }))
        source.send(frame(1.3, both))
        #expect(await events.next() == .frameFailed(timeSeconds: 1.3, message: "the new model"))
        await line.stop()
    }

    private func nextResult(_ events: inout AsyncStream<PipelineEvent>.Iterator) async throws -> FrameResult {
        let event = try #require(await events.next())
        return try #require(results([event]).first)
    }

    private func oneByOne(_ frames: [Frame<FakeImage>], _ settings: PipelineSettings) async throws -> [[TrackedPose]] {
        let source = FakeFrameSource<FakeImage>(staysOpen: true)
        let line = pipeline(source, settings: settings)
        var events = await line.events().makeAsyncIterator()
        try await eventually { source.starts == 1 }
        var poses: [[TrackedPose]] = []
        for one in frames {
            source.send(one)
            poses.append(try await nextResult(&events).poses)
        }
        await line.stop()
        return poses
    }

    private func eventually(_ condition: () async -> Bool) async throws {
        for _ in 0..<10_000 {
            if await condition() { return }
            try await Task.sleep(nanoseconds: 1_000_000)
        }
        Issue.record("it never came")
    }
}

@Suite("faces from frame to frame")
struct FaceTrackerTests {
    @Test func numbersStayAndComeAnew() {
        var tracker = FaceTracker()
        #expect(tracker.update([leftBox, rightBox], timeSeconds: 0) == [1, 2])
        let moved = PixelBox(left: 60, top: 65, right: 160, bottom: 175)
        #expect(tracker.update([rightBox, moved], timeSeconds: 0.1) == [2, 1])
        #expect(tracker.update([PixelBox(left: 250, top: 0, right: 300, bottom: 50)], timeSeconds: 0.2) == [3])
        #expect(tracker.update([moved], timeSeconds: 0.55) == [1])
        #expect(tracker.known == [1, 2, 3])
        #expect(tracker.update([rightBox], timeSeconds: 0.9) == [4])
        #expect(tracker.known == [1, 4])
    }

    @Test func theBestOverlapWins() {
        var tracker = FaceTracker()
        let a = PixelBox(left: 0, top: 0, right: 100, bottom: 100)
        #expect(tracker.update([a], timeSeconds: 0) == [1])
        let near = PixelBox(left: 5, top: 0, right: 105, bottom: 100)
        let nearer = PixelBox(left: 1, top: 0, right: 101, bottom: 100)
        #expect(tracker.update([near, nearer], timeSeconds: 0.1) == [2, 1])
    }
}
