import SwiftUI

/// A state that a person meets instead of a picture: a sign, a title, what it means, what to do.
struct StateView<Actions: View>: View {
    let title: LocalizedStringKey
    let symbol: String
    let text: String
    let actions: Actions

    init(_ title: LocalizedStringKey, symbol: String, text: String, @ViewBuilder actions: () -> Actions) {
        (self.title, self.symbol, self.text, self.actions) = (title, symbol, text, actions())
    }

    var body: some View {
        VStack(spacing: 16) {
            Image(systemName: symbol)
                .font(.largeTitle)
                .foregroundStyle(.secondary)
                .accessibilityHidden(true)
            Text(title)
                .font(.title2)
                .accessibilityAddTraits(.isHeader)
            Text(verbatim: text)
                .font(.body)
                .multilineTextAlignment(.center)
                .foregroundStyle(.secondary)
            actions
        }
        .padding(24)
        .frame(maxWidth: 500)
    }
}

/// There is no model: how to get one.
struct NoModelView: View {
    /// The command that puts models where the app's project finds them.
    static let command = "headpose export --install ios"

    var body: some View {
        StateView(
            "No model", symbol: "cube.transparent",
            text: String(
                localized:
                    "Make one on your computer with this command, build the app again, or open an .mlpackage from Files under Models."
            )
        ) {
            Text(verbatim: NoModelView.command)
                .font(.callout.monospaced())
                .textSelection(.enabled)
                .accessibilityIdentifier("no-model-command")
        }
    }
}

/// The model could not be opened.
struct ModelFailureView: View {
    let message: String
    let retry: @MainActor () -> Void

    var body: some View {
        StateView("The model cannot be opened", symbol: "exclamationmark.triangle", text: message) {
            Button("Try again", action: retry)
                .buttonStyle(.borderedProminent)
        }
    }
}

/// What the app does with pictures.
struct PrivacyNote: View {
    var body: some View {
        Label("Nothing leaves the phone: pictures are read on it and not kept.", systemImage: "lock.shield")
            .font(.footnote)
            .foregroundStyle(.secondary)
    }
}
