/// A 3 × 3 matrix, here mostly a rotation: R = Rz(roll) · Ry(yaw) · Rx(pitch), the 6DRepNet target.
///
/// Its rows are the head's right, up and forward axes in a camera frame with x right, y up and z towards the viewer.
public struct Matrix3: Sendable, Equatable {
    /// Nine numbers, row after row.
    public let rowMajor: [Double]

    /// No turn: a head that looks into the camera.
    public static let identity = Matrix3(unchecked: [1, 0, 0, 0, 1, 0, 0, 0, 1])

    /// A matrix of nine numbers, row after row.
    ///
    /// - Throws: `HeadPoseError` for another count or numbers that are not finite.
    public init(rowMajor: [Double]) throws {
        guard rowMajor.count == 9, rowMajor.allSatisfy(\.isFinite) else {
            throw HeadPoseError(
                "a rotation has nine finite numbers, not \(rowMajor.count): the model is not one of ours")
        }
        self.rowMajor = rowMajor
    }

    init(unchecked rowMajor: [Double]) {
        self.rowMajor = rowMajor
    }

    init(columns x: Vector3, _ y: Vector3, _ z: Vector3) {
        rowMajor = [x.x, y.x, z.x, x.y, y.y, z.y, x.z, y.z, z.z]
    }

    /// The number in a row and a column, both from 0 to 2.
    public subscript(row: Int, column: Int) -> Double { rowMajor[3 * row + column] }

    /// Rows and columns exchanged; of a rotation the inverse.
    public var transposed: Matrix3 {
        Matrix3(unchecked: (0..<9).map { self[$0 % 3, $0 / 3] })
    }

    /// The matrix product.
    public static func * (a: Matrix3, b: Matrix3) -> Matrix3 {
        Matrix3(
            unchecked: (0..<9).map { index in
                (0..<3).reduce(0) { $0 + a[index / 3, $1] * b[$1, index % 3] }
            })
    }

    static func diagonal(_ x: Double, _ y: Double, _ z: Double) -> Matrix3 {
        Matrix3(unchecked: [x, 0, 0, 0, y, 0, 0, 0, z])
    }
}

/// JSON: three rows of three numbers.
extension Matrix3: Codable {
    /// Reads three rows of three numbers.
    public init(from decoder: any Decoder) throws {
        try self.init(rowMajor: [[Double]](from: decoder).flatMap { $0 })
    }

    /// Writes three rows of three numbers.
    public func encode(to encoder: any Encoder) throws {
        try (0..<3).map { row in (0..<3).map { self[row, $0] } }.encode(to: encoder)
    }
}
