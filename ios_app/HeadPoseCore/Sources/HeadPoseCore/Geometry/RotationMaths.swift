import Foundation

extension Matrix3 {
    private static let mirror = Matrix3.diagonal(-1, 1, 1)
    private static let flipYZ = Matrix3.diagonal(1, -1, -1)

    /// The pose in the picture mirrored left to right: (pitch, −yaw, −roll).
    public var mirrored: Matrix3 { Matrix3.mirror * self * Matrix3.mirror }

    /// The pose after the picture is turned clockwise: R · Rz(α), which is not roll + α.
    public func turnedInPlane(clockwiseDegrees: Double) -> Matrix3 {
        self * EulerAngles(pitchDegrees: 0, yawDegrees: 0, rollDegrees: clockwiseDegrees).rotation
    }

    /// Angle of the rotation between this one and another, in degrees, 0...180.
    ///
    /// atan2 of sine and cosine: exact for tiny angles, where the arc cosine of the trace loses half of the digits.
    public func geodesicDegrees(to other: Matrix3) -> Double {
        let d = self * other.transposed
        let axis = Vector3(d[2, 1] - d[1, 2], d[0, 2] - d[2, 0], d[1, 0] - d[0, 1])
        return atan2(axis.length, d[0, 0] + d[1, 1] + d[2, 2] - 1) * 180 / .pi
    }

    /// Head-to-camera rotation in OpenCV's frame, F · Rᵀ · F with F = diag(1, −1, −1): x right, y down, z into the
    /// scene. It is its own inverse.
    public var openCV: Matrix3 { Matrix3.flipYZ * transposed * Matrix3.flipYZ }

    /// The head's axes in the picture: orthographic, x to the right and y down, length 1 for an axis that lies in the
    /// picture's plane.
    public var imageAxes: ImageAxes {
        let camera = openCV
        return ImageAxes(
            right: ImagePoint(x: camera[0, 0], y: camera[1, 0]),
            down: ImagePoint(x: camera[0, 1], y: camera[1, 1]),
            forward: ImagePoint(x: -camera[0, 2], y: -camera[1, 2]))
    }
}

/// Directions of a head's axes in the picture.
public struct ImageAxes: Sendable, Equatable {
    /// X, drawn red: to the picture's right of a head that looks into the camera.
    public let right: ImagePoint
    /// Y, drawn green: down.
    public let down: ImagePoint
    /// Z, drawn blue: out of the face.
    public let forward: ImagePoint

    /// Directions of a head's axes.
    public init(right: ImagePoint, down: ImagePoint, forward: ImagePoint) {
        self.right = right
        self.down = down
        self.forward = forward
    }
}
