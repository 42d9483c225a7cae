import DevTools
import JSON

/// What is done with tabs.
struct TabRoutes: Sendable {
    let browser: RunningBrowser

    init(_ browser: RunningBrowser) {
        self.browser = browser
    }

    /// Opens one.
    func open(_ arguments: Arguments) async throws -> BrowserAnswer {
        let url = try Self.address(arguments.requiredText("url"))
        return try await opened(url)
    }

    private func opened(_ url: String) async throws -> BrowserAnswer {
        // Watched before it goes anywhere: what a page does first is to be seen too.
        let id = try await browser.connection.browser.send(TargetDomain.CreateTarget(url: "about:blank"))
        _ = try await browser.targets.session(of: id)
        let tab = try await browser.tab(id.text)
        if url != "about:blank" { try await go(tab, to: url, within: Self.patience) }
        try await browser.targets.refresh()
        return BrowserAnswer(body: browser.refreshed(tab).info.json)
    }

    /// Shows one in front of the others.
    func focus(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.requiredText("targetId"))
        try await browser.connection.browser.send(TargetDomain.ActivateTarget(tab.info.id))
        return tab.answer()
    }

    /// Closes one.
    func close(_ id: String?) async throws -> BrowserAnswer {
        let tab = try await browser.tab(id)
        try await browser.connection.browser.send(TargetDomain.CloseTarget(tab.info.id))
        guard try await browser.targets.waitForEnd(of: tab.info.id, within: .seconds(5)) else {
            throw BrowserFault(500, "tab \(tab.info.id.text) was asked to close and is still there after 5 s")
        }
        return BrowserAnswer(body: ["ok": true, "targetId": .string(tab.info.id.text)])
    }

    /// What can be done by a tab's place in the list, from 0.
    func action(_ arguments: Arguments) async throws -> BrowserAnswer {
        try await browser.targets.refresh()
        let pages = browser.targets.pages
        func chosen() throws(BrowserFault) -> TargetInfo {
            guard !pages.isEmpty else { throw BrowserFault(404, "there is no tab") }
            let index = try arguments.number("index", in: 0...(pages.count - 1))
            guard let index else { throw BrowserFault(400, "index is required") }
            return pages[index]
        }
        switch try arguments.requiredText("action") {
        case "list": return BrowserAnswer(body: ["ok": true, "tabs": .array(pages.map(\.json))])
        case "new": return try await opened("about:blank")
        case "select":
            let tab = try await browser.tab(chosen())
            try await browser.connection.browser.send(TargetDomain.ActivateTarget(tab.info.id))
            return tab.answer()
        case "close": return try await close(arguments["index"] == nil ? nil : chosen().id.text)
        case let other: throw BrowserFault(400, "action can be list, new, close or select, and is \"\(other)\"")
        }
    }

    /// Goes to an address.
    func navigate(_ arguments: Arguments) async throws -> BrowserAnswer {
        let url = try Self.address(arguments.requiredText("url"))
        let time = try arguments.number("timeoutMs", in: 1...600_000).map { Duration.milliseconds($0) }
        let tab = try await browser.tab(arguments.text("targetId"), evenCrashed: true)
        try await go(tab, to: url, within: time ?? Self.patience)
        return browser.refreshed(tab).answer()
    }

    private static let patience: Duration = .seconds(20)

    /// An address that may be opened. Those of the browser's own pages, of files and of scripts may not.
    private static func address(_ text: String) throws(BrowserFault) -> String {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard text == "about:blank" || ["http", "https", "data"].contains(scheme) && text.contains(":") else {
            throw BrowserFault(400, "url must begin with http:, https: or data:, or be about:blank")
        }
        return text
    }

    /// Goes to `url` and waits until the page is loaded, for `time` at most. Throws `BrowserFault`.
    private func go(_ tab: Tab, to url: String, within time: Duration) async throws {
        let events = tab.session.events(of: [PageDomain.LifecycleEvent.method])
        let late = BrowserFault(500, "\(url) was not loaded within \(time)")
        let answer: PageDomain.Navigate.Answer
        do {
            answer = try await tab.session.send(PageDomain.Navigate(url: url), within: time)
        } catch DevToolsError.timedOut {
            // Chromium answers when the server begins to.
            throw late
        }
        if let error = answer.errorText { throw BrowserFault(500, "\(url) could not be opened: \(error)") }
        // Within the same document there is nothing to load.
        guard let loader = answer.loader else { return }
        let isLoaded = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                while let event = try await events.next() {
                    guard let stage = try event.as(PageDomain.LifecycleEvent.self) else { continue }
                    if stage.loader == loader, stage.name == "load" { return true }
                }
                throw BrowserFault(404, "the tab was closed while it loaded")
            }
            group.addTask {
                try await Task.sleep(for: time)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard isLoaded else { throw late }
        // The address after redirections is told of apart.
        _ = try await browser.targets.wait(forFramesOf: tab.info.id, within: .seconds(2)) { frames in
            frames.first?.info.url != "about:blank"
        }
    }
}
