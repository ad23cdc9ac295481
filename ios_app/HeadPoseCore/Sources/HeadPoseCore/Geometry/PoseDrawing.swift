/// Colours of 6DRepNet's drawings.
public enum LineColor: String, Sendable, CaseIterable {
    /// X axis, back of a cube.
    case red
    /// Y axis, front of a cube.
    case green
    /// Z axis, edges of a cube.
    case blue
}

/// One line of a drawing, in pixels of the picture.
public struct PoseLine: Sendable, Equatable {
    /// Where it starts.
    public let start: ImagePoint
    /// Where it ends.
    public let end: ImagePoint
    /// Its colour.
    public let color: LineColor
    /// Its thickness in pixels, at least 1.
    public let thickness: Int
}

/// How a pose is drawn.
public enum DrawingStyle: String, Sendable, CaseIterable, Codable {
    /// Three axes from the middle of the face.
    case axes
    /// A wire cube in front of the face.
    case cube
}

/// Lines of a drawn pose. Give rotation and box of the *same* frame: both of the display, or both upright.
public enum PoseDrawing {
    /// The head's axes: X red, Y green (down), Z blue (out of the face).
    ///
    /// - Parameters:
    ///   - rotation: of the picture that is drawn into.
    ///   - center: where the axes start, in pixels.
    ///   - size: length in pixels of an axis that lies in the picture's plane.
    /// - Returns: three lines.
    public static func axes(of rotation: Matrix3, center: ImagePoint, size: Double) -> [PoseLine] {
        let axes = rotation.imageAxes
        let colored: [(ImagePoint, LineColor)] = [(axes.right, .red), (axes.down, .green), (axes.forward, .blue)]
        return colored.map { axis, color in
            PoseLine(start: center, end: center + axis * size, color: color, thickness: thickness(size / 25))
        }
    }

    /// A wire cube: back red, edges blue, front green.
    ///
    /// - Parameters:
    ///   - rotation: of the picture that is drawn into.
    ///   - center: the middle of its back, in pixels.
    ///   - size: edge in pixels.
    /// - Returns: twelve lines.
    public static func cube(of rotation: Matrix3, center: ImagePoint, size: Double) -> [PoseLine] {
        let (axes, width) = (rotation.imageAxes, thickness(size / 40))
        let (right, down) = (axes.right * (size / 2), axes.down * (size / 2))
        let (upper, lower) = (center + down * -1, center + down)
        let back = [upper + right * -1, upper + right, lower + right, lower + right * -1]
        let front = back.map { $0 + axes.forward * size }
        func ring(_ corners: [ImagePoint], _ color: LineColor) -> [PoseLine] {
            corners.indices.map { (index: Int) -> PoseLine in
                PoseLine(
                    start: corners[index], end: corners[(index + 1) % corners.count], color: color, thickness: width)
            }
        }
        let edges = zip(back, front).map { PoseLine(start: $0, end: $1, color: .blue, thickness: width) }
        return ring(back, .red) + edges + ring(front, .green)
    }

    /// A pose at a face, as big as the face: axes three quarters of its longer side, a cube the whole of it.
    public static func lines(_ style: DrawingStyle, of rotation: Matrix3, face: PixelBox) -> [PoseLine] {
        let size = max(face.width, face.height)
        return switch style {
        case .axes: axes(of: rotation, center: face.center, size: 0.75 * size)
        case .cube: cube(of: rotation, center: face.center, size: size)
        }
    }

    private static func thickness(_ wanted: Double) -> Int {
        max(1, Int(wanted.rounded(.toNearestOrEven)))
    }
}
