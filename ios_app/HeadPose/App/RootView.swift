import SwiftUI
import UIKit

/// The four screens.
struct RootView: View {
    /// The screens, in the order of their tabs.
    enum Screen: Hashable {
        case live
        case photo
        case models
        case benchmark
    }

    @EnvironmentObject private var app: AppModel
    @State private var screen = RootView.first
    @State private var notices = NoticeBoard()

    /// A UI test starts where no camera is asked for.
    private static var first: Screen {
        ProcessInfo.processInfo.arguments.contains("--start-with-photo") ? .photo : .live
    }

    var body: some View {
        TabView(selection: $screen) {
            LiveView(isShown: screen == .live)
                .tabItem { Label("Live", systemImage: "camera.viewfinder") }
                .tag(Screen.live)
            PhotoView()
                .tabItem { Label("Photo", systemImage: "photo") }
                .tag(Screen.photo)
            ModelsView()
                .tabItem { Label("Models", systemImage: "cube") }
                .tag(Screen.models)
            BenchmarkView()
                .tabItem { Label("Benchmark", systemImage: "speedometer") }
                .tag(Screen.benchmark)
        }
        .onAppear {
            app.refresh()
            notices.listen(to: UIApplication.didReceiveMemoryWarningNotification) { _ in app.isShortOfMemory = true }
        }
        .alert("The phone is short of memory", isPresented: $app.isShortOfMemory) {
            Button("OK", role: .cancel) {}
        } message: {
            Text("Close other apps, or choose a smaller model. What was measured meanwhile may be slower.")
        }
    }
}
