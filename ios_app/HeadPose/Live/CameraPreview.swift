@preconcurrency import AVFoundation
import SwiftUI
import UIKit

/// Shows what the camera sees.
struct CameraPreview: UIViewRepresentable {
    let layer: AVCaptureVideoPreviewLayer

    func makeUIView(context: Context) -> PreviewView { PreviewView(preview: layer) }

    func updateUIView(_ view: PreviewView, context: Context) {}
}

/// Holds the camera's layer and keeps it as large as itself.
final class PreviewView: UIView {
    private let preview: AVCaptureVideoPreviewLayer

    init(preview: AVCaptureVideoPreviewLayer) {
        self.preview = preview
        super.init(frame: .zero)
        layer.addSublayer(preview)
    }

    @available(*, unavailable)
    required init?(coder: NSCoder) { nil }

    override func layoutSubviews() {
        super.layoutSubviews()
        preview.frame = bounds
    }
}
