/// From a face's box to the square that the network sees: the rule that training used, as a manifest states it.
public struct CropRule: Sendable, Equatable, Codable {
    /// Kind of rule; `square` is the only one there is.
    public let name: String
    /// Side of the crop over the longer side of the face's box.
    public let scale: Double
    /// The crop's centre below the box's centre, in heights of the box; negative: above.
    public let shiftY: Double
    /// What lies outside the picture: `black`.
    public let outside: String
    /// How sides and corners become whole pixels: `half_up`.
    public let rounding: String

    enum CodingKeys: String, CodingKey {
        case name, scale, outside, rounding
        case shiftY = "shift_y"
    }

    /// The rule of this version; a model's own stands in its manifest.
    public static let standard = CropRule(scale: 1.5, shiftY: -0.1)

    /// A square rule.
    public init(
        name: String = "square", scale: Double, shiftY: Double, outside: String = "black", rounding: String = "half_up"
    ) {
        self.name = name
        self.scale = scale
        self.shiftY = shiftY
        self.outside = outside
        self.rounding = rounding
    }

    /// The square for a face's box, with whole corners; it may reach beyond the picture, which is black there.
    ///
    /// - Throws: `HeadPoseError` for an empty or non-finite box, and for a rule that this version does not know.
    public func cropBox(for face: PixelBox) throws -> PixelBox {
        guard name == "square", outside == "black", rounding == "half_up" else {
            throw HeadPoseError(
                "the crop rule \(name)/\(outside)/\(rounding) is unknown: update the app or export again")
        }
        guard [face.left, face.top, face.right, face.bottom].allSatisfy(\.isFinite), face.width > 0, face.height > 0
        else {
            throw HeadPoseError("the face box is empty: left < right and top < bottom are needed")
        }
        let side = max(1, (scale * max(face.width, face.height) + 0.5).rounded(.down))
        let left = (face.center.x - side / 2 + 0.5).rounded(.down)
        let top = (face.center.y + shiftY * face.height - side / 2 + 0.5).rounded(.down)
        return PixelBox(left: left, top: top, right: left + side, bottom: top + side)
    }
}
