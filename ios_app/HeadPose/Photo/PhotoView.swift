import HeadPoseCore
import PhotosUI
import SwiftUI
import UIKit

/// Reads heads from a photograph.
struct PhotoView: View {
    @EnvironmentObject private var app: AppModel
    @StateObject private var model = PhotoModel()
    @State private var picked: PhotosPickerItem?

    var body: some View {
        NavigationStack {
            content
                .frame(maxWidth: .infinity, maxHeight: .infinity)
                .navigationTitle(Text("Photo"))
                .toolbar { tools }
                .safeAreaInset(edge: .bottom) { PrivacyNote().padding(8) }
        }
        .onChange(of: picked) { item in
            if let item, let estimator = app.estimator { model.read(item, estimator, app.preferences.style) }
        }
        .onChange(of: app.preferences.style) { model.draw($0) }
    }

    @ToolbarContentBuilder private var tools: some ToolbarContent {
        ToolbarItem(placement: .navigationBarTrailing) {
            if let file = model.file {
                ShareLink(item: file) { Label("Save or share", systemImage: "square.and.arrow.up") }
            }
        }
    }

    @ViewBuilder private var content: some View {
        switch app.use {
        case .none: NoModelView()
        case .loading: ProgressView("Opening the model…")
        case .failed(let message): ModelFailureView(message: message) { app.retry() }
        case .ready: photo
        }
    }

    private var photo: some View {
        ScrollView {
            VStack(spacing: 16) {
                HStack {
                    PhotosPicker("Choose a photo", selection: $picked, matching: .images)
                        .buttonStyle(.borderedProminent)
                    Button("Example") {
                        if let estimator = app.estimator { model.readExample(estimator, app.preferences.style) }
                    }
                    .buttonStyle(.bordered)
                    .accessibilityIdentifier("example")
                }
                Picker("Drawing", selection: $app.preferences.style) {
                    ForEach(DrawingStyle.allCases, id: \.self) { Text(verbatim: $0.title).tag($0) }
                }
                .pickerStyle(.segmented)
                result
            }
            .padding()
        }
    }

    @ViewBuilder private var result: some View {
        switch model.state {
        case .empty: EmptyView()
        case .reading: ProgressView("Reading the photo…")
        case .failed(let message):
            StateView("The photo cannot be read", symbol: "photo", text: message) { EmptyView() }
        case .done(let image, let heads):
            Image(uiImage: image)
                .resizable()
                .scaledToFit()
                .accessibilityLabel(Text("The photo with its heads"))
            if heads.isEmpty {
                Text("No face was found in this photo")
                    .accessibilityIdentifier("no-face")
            }
            ForEach(heads) { head in
                Text("Face \(head.id.shown): \(head.angles.summary)")
                    .font(.callout.monospacedDigit())
                    .accessibilityIdentifier("head-\(head.id)")
            }
        }
    }
}
