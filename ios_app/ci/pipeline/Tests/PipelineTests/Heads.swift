import Foundation
import HeadPoseCore
import HeadPoseCoreTesting

@testable import HeadPoseLogic

/// A head that looks somewhere, in a picture that a fake camera plays.
enum Heads {
    /// Turned and tilted so that no symmetry hides a mistake.
    static let rotation = EulerAngles(pitchDegrees: 11, yawDegrees: 27, rollDegrees: -8).rotation

    /// A frame with one face, well off the middle.
    static func frame(
        _ geometry: FrameGeometry, at timeSeconds: Double = 0, face: PixelBox? = nil, heads: Int = 1
    ) -> Frame<FakeImage> {
        let box = face ?? PixelBox(left: 100, top: 140, right: 180, bottom: 240)
        let all = (0..<heads).map { index in
            let shift = Double(index) * 150
            let moved = PixelBox(
                left: box.left + shift, top: box.top, right: box.right + shift, bottom: box.bottom)
            return (face: DetectedFace(box: moved), rotation: rotation)
        }
        return Frame(image: FakeImage(heads: all), timeSeconds: timeSeconds, geometry: geometry)
    }

    /// Waits until something is true, for two seconds at most.
    @MainActor
    static func wait(until condition: @MainActor () async -> Bool) async -> Bool {
        for _ in 0..<2000 {
            if await condition() { return true }
            try? await Task.sleep(nanoseconds: 1_000_000)
        }
        return await condition()
    }
}

/// Opens once, then stays open: what a fake model waits for.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// How many came to the gate.
    private(set) var arrived = 0

    func pass() async {
        arrived += 1
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        waiting.forEach { $0.resume() }
        waiting = []
    }
}

/// Something happened.
@MainActor final class Flag {
    var isSet = false
}
