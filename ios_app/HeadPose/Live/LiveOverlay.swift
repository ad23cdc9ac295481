import HeadPoseCore
import SwiftUI

/// Draws heads over the preview.
struct LiveOverlay: View {
    let heads: [TrackedPose]
    let geometry: FrameGeometry
    let turn: QuarterTurn
    let style: DrawingStyle

    var body: some View {
        Canvas { context, size in
            let map = OverlayMap(
                frame: geometry, screen: turn, width: Double(size.width), height: Double(size.height), fit: .filling)
            for head in heads { draw(head, with: map, in: &context) }
        }
        .allowsHitTesting(false)
        .accessibilityElement()
        .accessibilityLabel(Text(verbatim: spoken))
        .accessibilityIdentifier("overlay")
    }

    private var spoken: String {
        if heads.isEmpty { return String(localized: "No face") }
        return heads.enumerated()
            .map { index, head in
                String(localized: "Face \((index + 1).shown): \(head.displayAngles.summary)")
            }
            .joined(separator: "\n")
    }

    private func draw(_ head: TrackedPose, with map: OverlayMap, in context: inout GraphicsContext) {
        let box = map.box(head.displayBox)
        context.stroke(Path(box.rect), with: .color(.white.opacity(0.6)), lineWidth: 1)
        for line in head.lines(style) {
            var path = Path()
            path.move(to: map.point(line.start).point)
            path.addLine(to: map.point(line.end).point)
            context.stroke(
                path, with: .color(line.color.color), lineWidth: CGFloat(map.width(ofPixels: line.thickness)))
        }
        let label = Text(verbatim: head.displayAngles.labelLines.joined(separator: "\n"))
            .font(.caption.monospacedDigit())
            .foregroundColor(.white)
        context.draw(label, at: CGPoint(x: box.rect.midX, y: box.rect.maxY + 4), anchor: .top)
    }
}

extension ImagePoint {
    /// For drawing.
    var point: CGPoint { CGPoint(x: x, y: y) }
}

extension PixelBox {
    /// For drawing.
    var rect: CGRect { CGRect(x: left, y: top, width: width, height: height) }
}
