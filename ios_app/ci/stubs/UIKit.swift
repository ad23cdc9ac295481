// https://developer.apple.com/documentation/uikit; with the parts of Quartz Core that it exports.
@_exported import CoreGraphics

// https://developer.apple.com/documentation/quartzcore/calayer (not bound to the main actor by Apple)
open class CALayer {
    public init() {}
    public var frame = CGRect.zero
    public func addSublayer(_ layer: CALayer) {}
}
// https://developer.apple.com/documentation/uikit/uideviceorientation
public enum UIDeviceOrientation: Int, Sendable {
    case unknown, portrait, portraitUpsideDown, landscapeLeft, landscapeRight, faceUp, faceDown
}
// https://developer.apple.com/documentation/uikit/uiinterfaceorientation
public enum UIInterfaceOrientation: Int, Sendable {
    case unknown = 0, portrait = 1, portraitUpsideDown = 2, landscapeLeft = 4, landscapeRight = 3
}
// https://developer.apple.com/documentation/uikit/uidevice
@MainActor open class UIDevice {
    // https://developer.apple.com/documentation/uikit/uidevice/batterystate-swift.enum
    public enum BatteryState: Int, Sendable { case unknown, unplugged, charging, full }
    public class var current: UIDevice { UIDevice() }
    init() {}
    public var orientation: UIDeviceOrientation { .unknown }
    public func beginGeneratingDeviceOrientationNotifications() {}
    public func endGeneratingDeviceOrientationNotifications() {}
    public var systemName: String { "" }
    public var systemVersion: String { "" }
    public var isBatteryMonitoringEnabled = false
    public var batteryLevel: Float { -1 }
    public var batteryState: BatteryState { .unknown }
}
// https://developer.apple.com/documentation/uikit/uiscene
@MainActor open class UIScene: NSObject {}
// https://developer.apple.com/documentation/uikit/uiwindowscene
@MainActor public class UIWindowScene: UIScene {
    // https://developer.apple.com/documentation/uikit/uiwindowscene/geometry (iOS 16)
    @MainActor public class Geometry {
        public var interfaceOrientation: UIInterfaceOrientation { .unknown }
    }
    public var effectiveGeometry: UIWindowScene.Geometry { Geometry() }
}
// https://developer.apple.com/documentation/uikit/uiapplication
@MainActor open class UIApplication {
    public class var shared: UIApplication { UIApplication() }
    init() {}
    public var connectedScenes: Set<UIScene> { [] }
    public var isIdleTimerDisabled = false
    // https://developer.apple.com/documentation/uikit/uiapplication/opensettingsurlstring
    public nonisolated class var openSettingsURLString: String { "" }
    // https://developer.apple.com/documentation/uikit/uiapplication/didreceivememorywarningnotification
    public nonisolated class var didReceiveMemoryWarningNotification: NSNotification.Name { .init("") }
}
// https://developer.apple.com/documentation/uikit/uiview
@MainActor open class UIView {
    public init(frame: CGRect) {}
    public required init?(coder: NSCoder) { nil }
    public var layer: CALayer { CALayer() }
    public var bounds = CGRect.zero
    open func layoutSubviews() {}
}
// https://developer.apple.com/documentation/uikit/uicolor
public class UIColor: @unchecked Sendable {
    public class var white: UIColor { UIColor() }
    public class var systemRed: UIColor { UIColor() }
    public class var systemGreen: UIColor { UIColor() }
    public class var systemBlue: UIColor { UIColor() }
    public func withAlphaComponent(_ alpha: CGFloat) -> UIColor { self }
    public func setStroke() {}
    public func setFill() {}
}
// https://developer.apple.com/documentation/uikit/uibezierpath
@MainActor @preconcurrency public class UIBezierPath {
    public init() {}
    public init(rect: CGRect) {}
    public var lineWidth: CGFloat = 1
    public func move(to point: CGPoint) {}
    public func addLine(to point: CGPoint) {}
    public func stroke() {}
}
// https://developer.apple.com/documentation/uikit/uiimage
public class UIImage: @unchecked Sendable {
    public init?(data: Data) {}
    init() {}
    public var size: CGSize { .zero }
    public var scale: CGFloat { 1 }
    // https://developer.apple.com/documentation/uikit/uiimage/draw(in:)
    public func draw(in rect: CGRect) {}
    // https://developer.apple.com/documentation/uikit/uiimage/jpegdata(compressionquality:)
    public func jpegData(compressionQuality: CGFloat) -> Data? { nil }
}
// https://developer.apple.com/documentation/uikit/uirectfill(_:)
public func UIRectFill(_ rect: CGRect) {}
// https://developer.apple.com/documentation/uikit/uigraphicspushcontext(_:)
public func UIGraphicsPushContext(_ context: CGContext) {}
// https://developer.apple.com/documentation/uikit/uigraphicspopcontext()
public func UIGraphicsPopContext() {}
// https://developer.apple.com/documentation/uikit/uigraphicsimagerendererformat
public class UIGraphicsImageRendererFormat {
    public init() {}
    public var scale: CGFloat = 1
}
// https://developer.apple.com/documentation/uikit/uigraphicsimagerenderercontext
public class UIGraphicsImageRendererContext {}
// https://developer.apple.com/documentation/uikit/uigraphicsimagerenderer
public class UIGraphicsImageRenderer {
    public init(size: CGSize, format: UIGraphicsImageRendererFormat) {}
    // https://developer.apple.com/documentation/uikit/uigraphicsimagerenderer/image(actions:)
    public func image(actions: (UIGraphicsImageRendererContext) -> Void) -> UIImage { UIImage() }
}
