import HeadPoseCore
import SwiftUI

/// The camera's picture with the heads in it.
struct LiveView: View {
    /// Whether this tab is the one that is seen: the camera runs only then.
    let isShown: Bool

    @EnvironmentObject private var app: AppModel
    @Environment(\.scenePhase) private var phase
    @StateObject private var model = LiveModel()

    /// What the camera's work depends on; another value starts or stops it.
    private struct Wish: Equatable {
        let isWanted: Bool
        let use: AppModel.Use
        let file: String?
    }

    private var wish: Wish {
        Wish(isWanted: isShown && phase == .active, use: app.use, file: app.file?.id)
    }

    var body: some View {
        ZStack {
            Color.black.ignoresSafeArea()
            content
        }
        .task(id: wish) { await follow() }
        .onChange(of: app.preferences) { changed in
            Task { await model.use(changed.pipeline) }
        }
    }

    private func follow() async {
        guard wish.isWanted, let estimator = app.estimator else {
            await model.stop()
            return
        }
        await model.start(estimator, app.preferences)
    }

    @ViewBuilder private var content: some View {
        switch app.use {
        case .none: NoModelView().environment(\.colorScheme, .dark)
        case .loading: ProgressView("Opening the model…").tint(.white).foregroundStyle(.white)
        case .failed(let message): ModelFailureView(message: message) { app.retry() }.environment(\.colorScheme, .dark)
        case .ready(let facts):
            switch model.access {
            case .denied: CameraDeniedView()
            case .restricted: CameraRestrictedView()
            case .granted, .unasked: LivePicture(model: model, facts: facts)
            }
        }
    }
}

/// Preview, overlay, figures, buttons.
private struct LivePicture: View {
    @ObservedObject var model: LiveModel
    let facts: ModelFacts

    @EnvironmentObject private var app: AppModel

    var body: some View {
        ZStack {
            CameraPreview(layer: model.preview)
                .ignoresSafeArea()
                .accessibilityHidden(true)
            if let frame = model.screen.frame {
                LiveOverlay(
                    heads: model.screen.heads, geometry: frame.geometry, turn: model.screenTurn,
                    style: app.preferences.style
                )
                .ignoresSafeArea()
            }
            VStack(spacing: 8) {
                if !facts.checkpoint.trained { UntrainedNote() }
                if app.preferences.showsFigures { LiveFigures(screen: model.screen, thermal: model.thermal) }
                Spacer()
                CameraNotice(screen: model.screen)
                LiveControls(model: model)
            }
            .padding()
        }
    }
}

/// Weights that were never trained.
struct UntrainedNote: View {
    var body: some View {
        Label("Untrained weights: the poses mean nothing", systemImage: "exclamationmark.triangle.fill")
            .font(.footnote.bold())
            .padding(8)
            .background(.yellow, in: RoundedRectangle(cornerRadius: 8))
            .foregroundStyle(.black)
    }
}
