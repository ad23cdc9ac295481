// swift-tools-version: 6.0
// The app's files that need no Apple framework (HeadPose/Logic, linked here), built and run on Linux against fakes:
// ios_app/ci/check_app.sh. Xcode does not need this package: there the same files are part of the app.
import PackageDescription

let package = Package(
    name: "Pipeline",
    platforms: [.iOS(.v16), .macOS(.v13)],
    dependencies: [.package(path: "../../HeadPoseCore")],
    targets: [
        .target(
            name: "HeadPoseLogic", dependencies: [.product(name: "HeadPoseCore", package: "HeadPoseCore")],
            path: "Sources/HeadPoseLogic"),
        .testTarget(
            name: "PipelineTests",
            dependencies: ["HeadPoseLogic", .product(name: "HeadPoseCoreTesting", package: "HeadPoseCore")],
            exclude: ["Golden"]),
    ],
    swiftLanguageModes: [.v6]
)
