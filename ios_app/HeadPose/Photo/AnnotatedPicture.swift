import HeadPoseCore
import UIKit

/// Draws heads into a photograph. On the main actor, where UIKit's paths are drawn.
@MainActor enum AnnotatedPicture {
    /// The photograph with its heads, in its own pixels.
    static func draw(_ heads: [StillHead], _ style: DrawingStyle, on data: Data, _ size: PixelSize) -> UIImage? {
        guard let image = UIImage(data: data) else { return nil }
        let format = UIGraphicsImageRendererFormat()
        format.scale = 1
        let bounds = CGRect(x: 0, y: 0, width: size.width, height: size.height)
        return UIGraphicsImageRenderer(size: bounds.size, format: format).image { _ in
            image.draw(in: bounds)
            heads.forEach { draw($0, style) }
        }
    }

    private static func draw(_ head: StillHead, _ style: DrawingStyle) {
        UIColor.white.withAlphaComponent(0.6).setStroke()
        UIBezierPath(rect: head.face.rect).stroke()
        for line in head.lines(style) {
            let path = UIBezierPath()
            path.move(to: line.start.point)
            path.addLine(to: line.end.point)
            path.lineWidth = CGFloat(line.thickness)
            line.color.uiColor.setStroke()
            path.stroke()
        }
    }
}

extension LineColor {
    /// For drawing into pictures.
    fileprivate var uiColor: UIColor {
        switch self {
        case .red: .systemRed
        case .green: .systemGreen
        case .blue: .systemBlue
        }
    }
}
