import DevTools
import JSON

/// Waiting for something on a page.
struct WaitRoute: Sendable {
    private let tab: Tab
    private let browser: RunningBrowser
    private let mayEvaluate: Bool

    init(_ tab: Tab, _ browser: RunningBrowser, mayEvaluate: Bool) {
        self.tab = tab
        self.browser = browser
        self.mayEvaluate = mayEvaluate
    }

    /// Between two looks at the page.
    private static let interval: Duration = .milliseconds(50)

    /// Waits for all that is asked for. Throws `BrowserFault` when it does not come about in time.
    func wait(_ arguments: Arguments) async throws {
        let conditions = try conditions(arguments)
        let pause = try arguments.number("timeMs", in: 0...600_000)
        let time = Duration.milliseconds(try arguments.number("timeoutMs", in: 1...600_000) ?? 20_000)
        guard !conditions.isEmpty || pause != nil else {
            throw BrowserFault(
                400, "wait needs timeMs, text, textGone, selector, url, loadState or fn")
        }
        if let pause { try await Task.sleep(for: .milliseconds(pause)) }
        let clock = ContinuousClock()
        let end = clock.now + time
        for (name, condition) in conditions {
            while try await !holds(condition) {
                guard clock.now < end else { throw BrowserFault(500, "\(name) did not come about within \(time)") }
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Whether `condition` holds. A page that is on its way to another has none that does.
    private func holds(_ condition: String) async throws -> Bool {
        do {
            return try await tab.value(condition) == true
        } catch DevToolsError.refused {
            return false
        }
    }

    /// The conditions as JavaScript, with their names.
    private func conditions(_ arguments: Arguments) throws(BrowserFault) -> [(name: String, condition: String)] {
        func quoted(_ text: String) -> String { JSON.string(text).text() }
        var conditions: [(name: String, condition: String)] = []
        let text = "(document.body ? document.body.innerText : '')"
        if let wanted = try arguments.text("text") {
            conditions.append(("text \"\(wanted)\"", "\(text).includes(\(quoted(wanted)))"))
        }
        if let gone = try arguments.text("textGone") {
            conditions.append(("the end of text \"\(gone)\"", "!\(text).includes(\(quoted(gone)))"))
        }
        if let selector = try arguments.text("selector") {
            conditions.append(("an element that matches \(selector)", "!!document.querySelector(\(quoted(selector)))"))
        }
        if let url = try arguments.text("url") {
            conditions.append(("an address with \(url)", "location.href.includes(\(quoted(url)))"))
        }
        switch try arguments.text("loadState") {
        case nil: break
        case "domcontentloaded": conditions.append(("the document", "document.readyState !== 'loading'"))
        case "load": conditions.append(("the page", "document.readyState === 'complete'"))
        case let other?: throw BrowserFault(400, "loadState can be domcontentloaded or load, and is \"\(other)\"")
        }
        if let function = try arguments.text("fn") {
            guard mayEvaluate else {
                throw BrowserFault(
                    403, "scripts are not run in pages; set browser.evaluateEnabled to true to have them run")
            }
            conditions.append(("what fn waits for", "Promise.resolve((\(function))()).then(value => !!value)"))
        }
        return conditions
    }
}
