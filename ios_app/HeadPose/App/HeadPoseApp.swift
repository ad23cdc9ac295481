import SwiftUI

/// The app: four screens and what they share.
@main
struct HeadPoseApp: App {
    @StateObject private var app = AppModel()

    var body: some Scene {
        WindowGroup {
            if HeadPoseApp.hostsTests {
                Text("Tests are running")
            } else {
                RootView()
                    .environmentObject(app)
            }
        }
    }

    /// Whether the app was started to hold unit tests: then it does nothing itself, so that no camera and no model of
    /// its own disturbs what they measure. XCTest sets this variable in the process that holds the tests.
    private static var hostsTests: Bool {
        ProcessInfo.processInfo.environment["XCTestConfigurationFilePath"] != nil
    }
}
