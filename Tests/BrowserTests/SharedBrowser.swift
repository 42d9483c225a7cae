import Browser
import Glibc
import JSON
import Testing

/// Gives the tests of a suite, which run one after the other, one browser: most of a test's time would be its start.
struct SharedBrowser: SuiteTrait, TestScoping {
    @TaskLocal private static var current: TestBrowser?

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await TestBrowser.run {
            $0.hasNoSandbox = geteuid() == 0
            $0.downloadLimit = 1 << 20
            $0.uploadDirectories = ["\($0.stateDirectory)/workspace"]
        } _: { browser in
            try await Self.$current.withValue(browser) { try await function() }
        }
    }

    /// The suite's browser, with one tab that shows nothing.
    static func fresh() async throws -> TestBrowser {
        let browser = try #require(current)
        let old = try await browser.get("/tabs")["tabs"]?.array ?? []
        try await browser.post("/tabs/open", ["url": "about:blank"])
        for tab in old {
            let id = try #require(tab["targetId"]?.string)
            #expect(await browser.ask("DELETE", "/tabs/\(id)").status == 200)
        }
        return browser
    }
}
