// https://developer.apple.com/documentation/xctest and https://developer.apple.com/documentation/xcuiautomation
@_exported import FoundationGap

// https://developer.apple.com/documentation/xctest/xctattachment
public class XCTAttachment {
    // https://developer.apple.com/documentation/xctest/xctattachment/lifetime-swift.enum
    public enum Lifetime: Int, Sendable { case keepAlways, deleteOnSuccess }
    // https://developer.apple.com/documentation/xctest/xctattachment/init(data:uniformtypeidentifier:)
    public convenience init(data payload: Data, uniformTypeIdentifier identifier: String) { self.init() }
    init() {}
    public var name: String?
    public var lifetime = Lifetime.deleteOnSuccess
}
// https://developer.apple.com/documentation/xctest/xctestcase
open class XCTestCase {
    public init() {}
    // https://developer.apple.com/documentation/xctest/xctestcase (not bound to an actor by Apple)
    public var continueAfterFailure = true
    public func add(_ attachment: XCTAttachment) {}
    // https://developer.apple.com/documentation/xctest/xctestcase/executiontimeallowance
    public var executionTimeAllowance: TimeInterval = 600
}
// https://developer.apple.com/documentation/xctest/xctskip
public struct XCTSkip: Error { public init(_ message: @autoclosure () -> String? = nil) {} }
// https://developer.apple.com/documentation/xctest/xctfail(_:)
public func XCTFail(_ message: String = "") {}
// https://developer.apple.com/documentation/xctest/xctasserttrue(_:_:)
public func XCTAssertTrue(_ expression: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String = "") {}
// https://developer.apple.com/documentation/xctest/xctassertfalse(_:_:)
public func XCTAssertFalse(_ expression: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String = "") {}
// https://developer.apple.com/documentation/xctest/xctassertequal()
public func XCTAssertEqual<T: Equatable>(
    _ expression1: @autoclosure () throws -> T, _ expression2: @autoclosure () throws -> T,
    _ message: @autoclosure () -> String = ""
) {}
// https://developer.apple.com/documentation/xctest/xctassertlessthanorequal()
public func XCTAssertLessThanOrEqual<T: Comparable>(
    _ expression1: @autoclosure () throws -> T, _ expression2: @autoclosure () throws -> T,
    _ message: @autoclosure () -> String = ""
) {}
// https://developer.apple.com/documentation/xctest/xctunwrap(_:_:)
public func XCTUnwrap<T>(_ expression: @autoclosure () throws -> T?, _ message: @autoclosure () -> String = "") throws -> T {
    guard let value = try expression() else { throw XCTSkip() }
    return value
}
// https://developer.apple.com/documentation/xcuiautomation/xcuielement
@MainActor public class XCUIElement {
    init() {}
    public var exists: Bool { false }
    public var isEnabled: Bool { false }
    public var label: String { "" }
    public func tap() {}
    public func waitForExistence(timeout: TimeInterval) -> Bool { false }
    public var buttons: XCUIElementQuery { XCUIElementQuery() }
    public var staticTexts: XCUIElementQuery { XCUIElementQuery() }
    public var tabBars: XCUIElementQuery { XCUIElementQuery() }
    public var navigationBars: XCUIElementQuery { XCUIElementQuery() }
}
// https://developer.apple.com/documentation/xctest/xcuielementquery
@MainActor public class XCUIElementQuery {
    init() {}
    public subscript(key: String) -> XCUIElement { XCUIElement() }
    public var buttons: XCUIElementQuery { XCUIElementQuery() }
    public func element(boundBy index: Int) -> XCUIElement { XCUIElement() }
    public var count: Int { 0 }
}
// https://developer.apple.com/documentation/xcuiautomation/xcuiapplication
@MainActor public class XCUIApplication: XCUIElement {
    public override init() {}
    public var launchArguments: [String] = []
    public func launch() {}
}
