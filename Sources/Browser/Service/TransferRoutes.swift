import DevTools
import JSON

/// What goes between pages and files.
struct TransferRoutes: Sendable {
    let browser: RunningBrowser
    let settings: BrowserSettings
    let profile: ProfileDirectory

    init(_ browser: RunningBrowser, _ name: String, _ settings: BrowserSettings) {
        (self.browser, self.settings) = (browser, settings)
        profile = ProfileDirectory(of: name, in: settings.stateDirectory)
    }

    // MARK: Files for pages

    private static let patience: Duration = .seconds(10)
    private static let hookPatience: Duration = .seconds(120)

    /// Gives files to an element: to an input for files at once, else to the file chooser that opens when it is clicked.
    func upload(_ arguments: Arguments, _ tab: Tab) async throws -> BrowserAnswer {
        let element = try await Element(named: arguments.requiredText("ref"), of: tab, in: browser)
        try await give(files(arguments), to: element, within: Self.time(arguments) ?? Self.patience)
        return browser.refreshed(tab).answer()
    }

    /// The same under the name that clients of the original know: with `inputRef` or `element` for an input, with `ref` for
    /// what is to be clicked, and with none of them for the next file chooser that opens.
    func answerFileChooser(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        let time = try Self.time(arguments)
        let files = try files(arguments)
        if let ref = try arguments.text("inputRef") ?? arguments.text("ref") {
            try await give(files, to: Element(named: ref, of: tab, in: browser), within: time ?? Self.patience)
        } else if let selector = try arguments.text("element") {
            let search = try await browser.search(in: tab, frame: arguments.text("frame"))
            guard let node = try await search.node(selector) else {
                throw BrowserFault(404, "no element matches \(selector)")
            }
            let element = Element(node, matching: selector, in: search)
            try await give(files, to: element, within: time ?? Self.patience)
        } else {
            try await tab.watch.answerNextFileChooser(files, within: time ?? Self.hookPatience)
        }
        return browser.refreshed(tab).answer()
    }

    private func give(_ files: [String], to element: Element, within time: Duration) async throws {
        let kind = try await element.call(
            """
            function() {
                if (!(this instanceof HTMLInputElement) || this.type !== 'file') return null;
                return this.disabled ? 'disabled' : this.multiple ? 'several' : 'one';
            }
            """)
        switch kind {
        case "disabled": throw BrowserFault(400, "\"\(element.name)\" takes no files now: it is disabled")
        case "one" where files.count > 1: throw BrowserFault(400, "\"\(element.name)\" takes one file")
        case "one", "several":
            try await element.session.send(DOMDomain.SetFileInputFiles(files, in: element.node))
        default:
            try await FileChooser.answer(files, in: element.session, within: time) { try await element.click() }
        }
    }

    /// Copies of the files that are named, which the browser may see.
    private func files(_ arguments: Arguments) throws(BrowserFault) -> [String] {
        let paths = try arguments.texts("paths")
        guard !paths.isEmpty else { throw BrowserFault(400, "paths are required") }
        guard paths.count <= UploadedFile.count else {
            throw BrowserFault(400, "at most \(UploadedFile.count) files are given at once")
        }
        let own = [profile.path(.downloads), "\(settings.stateDirectory)/media"]
        var files: [String] = []
        for path in paths {
            files.append(try UploadedFile(path, from: settings.uploadDirectories + own, into: profile).path)
        }
        return files
    }

    private static func time(_ arguments: Arguments) throws(BrowserFault) -> Duration? {
        try arguments.number("timeoutMs", in: 1...600_000).map { .milliseconds($0) }
    }

    // MARK: Files of pages

    /// Clicks an element and waits for the download that comes of it.
    func download(_ arguments: Arguments) async throws -> BrowserAnswer {
        let tab = try await browser.tab(arguments.text("targetId"))
        let element = try await Element(named: arguments.requiredText("ref"), of: tab, in: browser)
        return try await download(arguments, tab) { try await element.click() }
    }

    /// Waits for the next download of a tab.
    func waitForDownload(_ arguments: Arguments) async throws -> BrowserAnswer {
        try await download(arguments, try await browser.tab(arguments.text("targetId"))) {}
    }

    private func download(
        _ arguments: Arguments, _ tab: Tab, after trigger: () async throws -> Void
    ) async throws -> BrowserAnswer {
        guard let downloads = browser.downloads else {
            throw BrowserFault(409, "what a browser that runs elsewhere downloads stays there")
        }
        guard try arguments.text("path") == nil else {
            throw BrowserFault(400, "path cannot be chosen: downloads are kept in \(profile.path(.downloads))")
        }
        let time = try Self.time(arguments) ?? .seconds(20)
        let seen = downloads.count
        try await trigger()
        let (targets, page) = (browser.targets, tab.info.id)
        let download = try await downloads.next(after: seen, within: time) { download in
            // One that is of another page is somebody else's. A page that was opened for it is gone by then.
            !targets.pages.contains { other in
                other.id != page && targets.frames(of: other.id).contains { $0.info.id == download.frame }
            }
        }
        guard let download else { throw BrowserFault(500, "no download ended within \(time)") }
        if case .failed(let reason) = download.state {
            throw BrowserFault(500, "the download of \(download.url) failed: \(reason)")
        }
        return browser.refreshed(tab).answer(["download": download.json])
    }
}
