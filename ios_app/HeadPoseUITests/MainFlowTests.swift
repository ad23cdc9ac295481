import XCTest

/// The main flows, as a person goes through them. They need no camera; with a model in the app they read the example.
@MainActor
final class MainFlowTests: XCTestCase {
    private func launched() -> XCUIApplication {
        continueAfterFailure = false
        let app = XCUIApplication()
        app.launchArguments = ["--start-with-photo", "-AppleLanguages", "(en)"]
        app.launch()
        return app
    }

    private func hasModel(_ app: XCUIApplication) -> Bool {
        let example = app.buttons["example"]
        let none = app.staticTexts["no-model-command"]
        for _ in 0..<60 {
            if example.exists { return true }
            if none.exists { return false }
            _ = example.waitForExistence(timeout: 1)
        }
        return false
    }

    func testTheExampleIsReadOrTheWayToAModelIsShown() throws {
        let app = launched()
        if hasModel(app) {
            app.buttons["example"].tap()
            XCTAssertTrue(app.staticTexts["head-1"].waitForExistence(timeout: 30), "the example has one head")
        } else {
            XCTAssertEqual(app.staticTexts["no-model-command"].label, "headpose export --install ios")
        }
    }

    func testEveryTabOpens() throws {
        let app = launched()
        for name in ["Models", "Benchmark", "Photo"] {
            app.tabBars.buttons[name].tap()
            XCTAssertTrue(app.navigationBars[name].waitForExistence(timeout: 10), name)
        }
    }

    func testTheSelfCheckTellsAnErrorInDegrees() throws {
        let app = launched()
        guard hasModel(app) else { throw XCTSkip("there is no model in the app: run  headpose export --install ios") }
        app.tabBars.buttons["Models"].tap()
        let verdict = app.staticTexts["self-check"]
        XCTAssertTrue(verdict.waitForExistence(timeout: 60))
        XCTAssertTrue(verdict.label.contains("°"))
    }

    func testABenchmarkCanBeStartedAndStopped() throws {
        let app = launched()
        guard hasModel(app) else { throw XCTSkip("there is no model in the app: run  headpose export --install ios") }
        app.tabBars.buttons["Benchmark"].tap()
        let measure = app.buttons["measure"]
        XCTAssertTrue(measure.waitForExistence(timeout: 10))
        measure.tap()
        let stop = app.buttons["Stop"]
        XCTAssertTrue(stop.waitForExistence(timeout: 20))
        stop.tap()
        XCTAssertTrue(measure.waitForExistence(timeout: 60))
    }
}
