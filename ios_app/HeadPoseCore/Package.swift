// swift-tools-version: 6.0
// The part of the app that needs no Apple framework: it builds and is tested on Linux too (ios_app/ci/swift.sh test).
import PackageDescription

let package = Package(
    name: "HeadPoseCore",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "HeadPoseCore", targets: ["HeadPoseCore"]),
        .library(name: "HeadPoseCoreTesting", targets: ["HeadPoseCoreTesting"]),
    ],
    targets: [
        .target(name: "HeadPoseCore"),
        .target(name: "HeadPoseCoreTesting", dependencies: ["HeadPoseCore"]),
        .testTarget(name: "HeadPoseCoreTests", dependencies: ["HeadPoseCore", "HeadPoseCoreTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
