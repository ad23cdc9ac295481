/// One picture of a camera, a film or a test, with the time it was taken and how it lies.
///
/// `Image` is the platform's own: in the app a pixel buffer, wrapped so that it may cross tasks.
public struct Frame<Image: Sendable>: Sendable {
    /// The platform's picture.
    public let image: Image
    /// Seconds of any steady clock.
    public let timeSeconds: Double
    /// How the buffer lies.
    public let geometry: FrameGeometry

    /// A frame.
    public init(image: Image, timeSeconds: Double, geometry: FrameGeometry) {
        self.image = image
        self.timeSeconds = timeSeconds
        self.geometry = geometry
    }
}

/// Gives frames: a camera, a film, a list.
public protocol FrameSource<Image>: Sendable {
    /// The platform's picture.
    associatedtype Image: Sendable

    /// Starts, and gives every frame until the stream is ended by either side. Yield every frame and buffer all: the
    /// pipeline takes them at once and drops what is too old, and counts that. Stop in `onTermination`.
    ///
    /// - Throws: `HeadPoseError` if there is no picture to be had, as without permission.
    func frames() async throws -> AsyncStream<Frame<Image>>
}

/// A face that was found.
public struct DetectedFace: Sendable, Equatable {
    /// In pixels of the upright picture.
    public var box: PixelBox
    /// How sure the detector is, 0...1.
    public var score: Double

    /// A face.
    public init(box: PixelBox, score: Double = 1) {
        self.box = box
        self.score = score
    }
}

/// Finds faces.
public protocol FaceDetector<Image>: Sendable {
    /// The platform's picture.
    associatedtype Image: Sendable

    /// The faces of a frame, boxes in pixels of the upright picture; none is no error.
    func faces(in frame: Frame<Image>) async throws -> [DetectedFace]
}

/// What the network said of one face, and how long that took.
public struct PoseEstimate: Sendable, Equatable {
    /// The network's rotation, of the picture that it saw.
    public var rotation: Matrix3
    /// Cutting and resizing, milliseconds; nil if it was not timed by itself.
    public var cropMs: Double?
    /// The network, milliseconds; nil for the time of the whole call.
    public var inferenceMs: Double?

    /// An estimate.
    public init(rotation: Matrix3, cropMs: Double? = nil, inferenceMs: Double? = nil) {
        self.rotation = rotation
        self.cropMs = cropMs
        self.inferenceMs = inferenceMs
    }
}

/// Reads the pose of a face.
public protocol PoseEstimator<Image>: Sendable {
    /// The platform's picture.
    associatedtype Image: Sendable

    /// Side of the network's square input in pixels.
    var inputSize: Int { get }
    /// The model's crop rule.
    var cropRule: CropRule { get }
    /// Which picture it cuts its crops from; `upright` unless it cannot turn.
    var view: CropView { get }

    /// The pose of the face that `crop` cuts out of the frame.
    func estimate(_ frame: Frame<Image>, crop: CropTransform) async throws -> PoseEstimate
}

extension PoseEstimator {
    /// The upright picture.
    public var view: CropView { .upright }
}
