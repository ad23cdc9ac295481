import HeadPoseCore
import SwiftUI
import UniformTypeIdentifiers

/// Which model is used, on which units, and what it says of itself.
struct ModelsView: View {
    @EnvironmentObject private var app: AppModel
    @State private var picks = false

    private var package: UTType { UTType(filenameExtension: ModelFile.package, conformingTo: .package) ?? .package }

    var body: some View {
        NavigationStack {
            List {
                if app.shelf.files.isEmpty { NoModelView() }
                chosen
                others
                Section { PrivacyNote() }
            }
            .navigationTitle(Text("Models"))
            .toolbar {
                ToolbarItem(placement: .navigationBarTrailing) {
                    Button {
                        picks = true
                    } label: {
                        Label("Open from Files", systemImage: "folder.badge.plus")
                    }
                }
            }
            .refreshable { await MainActor.run { app.refresh() } }
        }
        .fileImporter(isPresented: $picks, allowedContentTypes: [package]) { result in
            switch result {
            case .success(let url): Task { await app.take(url) }
            case .failure(let error): app.problem = error.localizedDescription
            }
        }
        .alert("This did not work", isPresented: $app.hasProblem) {
            Button("OK", role: .cancel) {}
        } message: {
            Text(verbatim: app.problem ?? "")
        }
    }

    @ViewBuilder private var chosen: some View {
        if let file = app.file {
            Section {
                ModelPickers(file: file)
                ModelState()
            } header: {
                Text("In use")
            }
            if case .ready(let facts) = app.use { ModelFactsSection(file: file, facts: facts) }
            if !app.placement.isEmpty { PlacementSection(shares: app.placement) }
        }
    }

    @ViewBuilder private var others: some View {
        if !app.shelf.files.isEmpty {
            Section {
                ForEach(app.shelf.files) { file in ModelRow(file: file) }
            } header: {
                Text("All models")
            }
        }
        if !app.shelf.absent.isEmpty || !app.shelf.errors.isEmpty {
            Section {
                ForEach(app.shelf.absent, id: \.self) { Text("\($0) is listed, but is not in the app") }
                ForEach(app.shelf.errors, id: \.self) { Text(verbatim: $0) }
            } header: {
                Text("Missing")
            }
        }
    }
}

/// Backbone, precision, compute units.
private struct ModelPickers: View {
    let file: ModelFile
    @EnvironmentObject private var app: AppModel

    var body: some View {
        Picker("Backbone", selection: $app.chosenBackbone) {
            ForEach(app.shelf.backbones) { Text(verbatim: $0.entry?.backbone ?? $0.name).tag($0.backboneKey) }
        }
        Picker("Precision", selection: $app.chosenFile) {
            ForEach(app.shelf.precisions(like: file)) { Text(verbatim: $0.entry?.precision ?? $0.name).tag($0.id) }
        }
        Picker("Compute units", selection: $app.chosenUnits) {
            ForEach(ComputeUnits.allCases, id: \.self) { Text(verbatim: $0.title).tag($0) }
        }
    }
}

/// Whether the model is open, and whether it reads what Python reads.
private struct ModelState: View {
    @EnvironmentObject private var app: AppModel

    var body: some View {
        switch app.use {
        case .none: EmptyView()
        case .loading: ProgressView("Opening the model…")
        case .failed(let message): ModelFailureView(message: message) { app.retry() }
        case .ready: VerdictView(verdict: app.verdict)
        }
    }
}

/// One model; a swipe deletes one that came from Files.
private struct ModelRow: View {
    let file: ModelFile
    @EnvironmentObject private var app: AppModel

    var body: some View {
        Button {
            app.choose(file)
        } label: {
            HStack {
                VStack(alignment: .leading) {
                    Text(verbatim: file.name).font(.body)
                    Text(verbatim: origin).font(.caption).foregroundStyle(.secondary)
                }
                Spacer()
                if file == app.file { Image(systemName: "checkmark").accessibilityLabel(Text("In use")) }
            }
        }
        .buttonStyle(.plain)
        .swipeActions {
            if file.origin == .imported {
                Button("Delete", role: .destructive) { app.delete(file) }
            }
        }
    }

    private var origin: String {
        let place = file.origin == .bundled ? String(localized: "Built in") : String(localized: "From Files")
        guard let bytes = file.entry?.sizeBytes else { return place }
        return "\(place) · \(ByteCountFormatter.string(fromByteCount: Int64(bytes), countStyle: .file))"
    }
}
