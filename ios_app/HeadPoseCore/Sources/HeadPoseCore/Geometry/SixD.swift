/// The six numbers of the 6D form of a rotation: its first two columns, one after the other, before they are made
/// orthogonal.
///
/// Source: Hempel, Abdelrahman, Al-Hamadi, "6D Rotation Representation for Unconstrained Head Pose Estimation",
/// ICIP 2022.
public struct SixD: Sendable, Equatable {
    /// Six numbers.
    public let values: [Double]

    /// The 6D form of six numbers.
    ///
    /// - Throws: `HeadPoseError` for another count or numbers that are not finite.
    public init(_ values: [Double]) throws {
        guard values.count == 6, values.allSatisfy(\.isFinite) else {
            throw HeadPoseError("the 6D form has six finite numbers, not \(values.count): the model is not one of ours")
        }
        self.values = values
    }

    /// The first two columns of a rotation; `rotation` inverts it.
    public init(_ rotation: Matrix3) {
        values = [0, 1].flatMap { column in (0..<3).map { rotation[$0, column] } }
    }

    /// Gram–Schmidt as 6DRepNet does it: columns x = n(a), y = z × x, z = n(x × b).
    public var rotation: Matrix3 {
        let x = Vector3(values[0], values[1], values[2]).normalized
        let z = x.cross(Vector3(values[3], values[4], values[5])).normalized
        return Matrix3(columns: x, z.cross(x), z)
    }
}
