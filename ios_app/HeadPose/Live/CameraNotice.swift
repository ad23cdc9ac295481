import SwiftUI
import UIKit

/// What the camera's state means for the person; nothing while all is well.
struct CameraNotice: View {
    let screen: LiveScreen

    private var text: String? {
        switch screen.camera {
        case .off: nil
        case .starting: String(localized: "Starting the camera…")
        case .paused: String(localized: "Paused")
        case .interrupted(let reason): reason.text
        case .failed(let message): message
        case .running:
            screen.frameError
                ?? (screen.showsNoFace ? String(localized: "No face: hold the phone so that a face is seen") : nil)
        }
    }

    var body: some View {
        if let text {
            Text(verbatim: text)
                .font(.callout)
                .multilineTextAlignment(.center)
                .padding(10)
                .background(.ultraThinMaterial, in: RoundedRectangle(cornerRadius: 12))
                .accessibilityAddTraits(.updatesFrequently)
                .accessibilityIdentifier("camera-notice")
        }
    }
}

extension LiveScreen.Interruption {
    /// For people.
    var text: String {
        switch self {
        case .otherApp: String(localized: "Another app or a call uses the camera. It comes back by itself.")
        case .splitScreen: String(localized: "The camera rests while several apps share the screen.")
        case .heat: String(localized: "The phone is too hot for the camera. Let it cool down.")
        case .background: String(localized: "The camera rests while the app is in the background.")
        case .unknown: String(localized: "The camera was interrupted. It comes back by itself.")
        }
    }
}

/// The person said no to the camera.
struct CameraDeniedView: View {
    @Environment(\.openURL) private var open

    var body: some View {
        StateView(
            "The camera is not allowed", symbol: "video.slash",
            text: String(localized: "Live needs the camera. Allow it in Settings; photos work without it.")
        ) {
            Button("Open Settings") {
                if let url = URL(string: UIApplication.openSettingsURLString) { open(url) }
            }
            .buttonStyle(.borderedProminent)
            PrivacyNote()
        }
        .environment(\.colorScheme, .dark)
    }
}

/// The camera is forbidden by someone else.
struct CameraRestrictedView: View {
    var body: some View {
        StateView(
            "The camera is restricted", symbol: "video.slash",
            text: String(localized: "Screen Time or your organisation forbids the camera. Photos work without it.")
        ) {
            PrivacyNote()
        }
        .environment(\.colorScheme, .dark)
    }
}
