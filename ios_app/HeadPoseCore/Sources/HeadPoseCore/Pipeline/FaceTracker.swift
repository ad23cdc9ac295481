/// Knows faces again from frame to frame by how much their boxes overlap, so that each is smoothed by itself.
public struct FaceTracker: Sendable {
    private struct Track: Sendable {
        let id: Int
        var box: PixelBox
        var timeSeconds: Double
    }

    private let minimumOverlap: Double
    private let forgetAfterSeconds: Double
    private var tracks: [Track] = []
    private var nextID = 1

    /// A tracker without faces.
    ///
    /// - Parameters:
    ///   - minimumOverlap: intersection over union from which two boxes are of one face.
    ///   - forgetAfterSeconds: a face that was not seen for longer is a new one when it comes back.
    public init(minimumOverlap: Double = 0.3, forgetAfterSeconds: Double = 0.5) {
        self.minimumOverlap = minimumOverlap
        self.forgetAfterSeconds = forgetAfterSeconds
    }

    /// Numbers of faces that are known now.
    public var known: Set<Int> { Set(tracks.map(\.id)) }

    /// A number for each box, the same as before for a face that was seen before. Best overlaps are matched first; on a
    /// tie the older face wins.
    public mutating func update(_ boxes: [PixelBox], timeSeconds: Double) -> [Int] {
        tracks.removeAll { timeSeconds - $0.timeSeconds > forgetAfterSeconds }
        var ids = [Int?](repeating: nil, count: boxes.count)
        for (track, box) in matches(with: boxes) {
            tracks[track].box = boxes[box]
            tracks[track].timeSeconds = timeSeconds
            ids[box] = tracks[track].id
        }
        return zip(boxes, ids).map { box, id in id ?? begin(box, timeSeconds) }
    }

    private mutating func begin(_ box: PixelBox, _ timeSeconds: Double) -> Int {
        defer { nextID += 1 }
        tracks.append(Track(id: nextID, box: box, timeSeconds: timeSeconds))
        return nextID
    }

    private func matches(with boxes: [PixelBox]) -> [(track: Int, box: Int)] {
        let pairs = tracks.indices.flatMap { track in
            boxes.indices.map { (track: track, box: $0, overlap: tracks[track].box.overlap(with: boxes[$0])) }
        }
        var (usedTracks, usedBoxes) = (Set<Int>(), Set<Int>())
        return pairs.filter { $0.overlap >= minimumOverlap }
            .sorted { ($1.overlap, $0.track) < ($0.overlap, $1.track) }
            .compactMap { pair in
                guard !usedTracks.contains(pair.track), !usedBoxes.contains(pair.box) else { return nil }
                usedTracks.insert(pair.track)
                usedBoxes.insert(pair.box)
                return (pair.track, pair.box)
            }
    }
}
