import HeadPoseCore
import SwiftUI

/// Pause, flip, torch, and how heads are drawn.
struct LiveControls: View {
    @ObservedObject var model: LiveModel
    @EnvironmentObject private var app: AppModel

    var body: some View {
        HStack(spacing: 20) {
            button(model.isPaused ? "Go on" : "Pause", model.isPaused ? "play.fill" : "pause.fill") {
                Task { await model.togglePause() }
            }
            button("Other camera", "arrow.triangle.2.circlepath.camera") { app.preferences.side = model.flip() }
            if model.hasTorch {
                button(
                    model.isTorchOn ? "Torch off" : "Torch on",
                    model.isTorchOn ? "flashlight.on.fill" : "flashlight.off.fill"
                ) { model.toggleTorch() }
            }
            Menu {
                Picker("Drawing", selection: $app.preferences.style) {
                    ForEach(DrawingStyle.allCases, id: \.self) { Text(verbatim: $0.title).tag($0) }
                }
                Toggle("Smooth the poses", isOn: $app.preferences.smooths)
                Toggle("Show figures", isOn: $app.preferences.showsFigures)
            } label: {
                sign("slider.horizontal.3")
            }
            .accessibilityLabel(Text("Options"))
        }
    }

    private func button(_ title: LocalizedStringKey, _ symbol: String, action: @escaping @MainActor () -> Void)
        -> some View
    {
        Button(action: action) { sign(symbol) }
            .accessibilityLabel(Text(title))
    }

    private func sign(_ symbol: String) -> some View {
        Image(systemName: symbol)
            .font(.title2)
            .frame(minWidth: 44, minHeight: 44)
            .background(.ultraThinMaterial, in: Circle())
    }
}
