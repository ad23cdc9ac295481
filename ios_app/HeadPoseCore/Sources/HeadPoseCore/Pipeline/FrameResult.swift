/// Time that a frame took, milliseconds; all its faces together.
public struct StageTimes: Sendable, Equatable {
    /// Finding faces.
    public var detectMs = 0.0
    /// Cutting and resizing, 0 where the estimator does not time it by itself.
    public var cropMs = 0.0
    /// The network.
    public var inferenceMs = 0.0
    /// From the matrices to what can be drawn: turning back, smoothing, angles.
    public var decodeMs = 0.0
    /// From the frame's start to its result.
    public var totalMs = 0.0
}

/// One head of a frame.
public struct TrackedPose: Sendable, Equatable, Identifiable {
    /// The same from frame to frame for the same face.
    public let id: Int
    /// The face in pixels of the upright picture.
    public let faceBox: PixelBox
    /// The face in pixels of the displayed picture.
    public let displayBox: PixelBox
    /// The detector's, 0...1.
    public let score: Double
    /// As the network read it, for the upright picture.
    public let rawRotation: Matrix3
    /// Smoothed, for the upright picture.
    public let rotation: Matrix3
    /// Smoothed, for the displayed picture: draw this one.
    public let displayRotation: Matrix3

    /// Angles of the displayed picture, for its label.
    public var displayAngles: EulerAngles { EulerAngles(displayRotation) }
    /// Angles of the upright picture.
    public var angles: EulerAngles { EulerAngles(rotation) }

    /// Lines to draw in pixels of the displayed picture.
    public func lines(_ style: DrawingStyle) -> [PoseLine] {
        PoseDrawing.lines(style, of: displayRotation, face: displayBox)
    }
}

/// What came of one frame.
public struct FrameResult: Sendable, Equatable {
    /// When it was taken.
    public let timeSeconds: Double
    /// How it lay.
    public let geometry: FrameGeometry
    /// Its heads, the largest face first; empty if there is none.
    public let poses: [TrackedPose]
    /// How long it took.
    public let times: StageTimes
    /// Frames since the start that were replaced by a newer one before their turn came.
    public let droppedFrames: Int
}

/// What a pipeline tells.
public enum PipelineEvent: Sendable, Equatable {
    /// A frame is done.
    case frame(FrameResult)
    /// A frame failed; the pipeline goes on with the next one. The text is for people.
    case frameFailed(timeSeconds: Double, message: String)
    /// The source could not be started or ended by an error; nothing more comes.
    case stopped(message: String)
}
