import DevTools
import JSON

/// The one table of what browser control answers, by HTTP and by the protocol.
struct BrowserRoutes: Sendable {
    let service: BrowserService

    init(_ service: BrowserService) {
        self.service = service
    }

    /// Answers `request`. Throws `BrowserFault`, `DevToolsError` and `CancellationError`.
    func answer(_ request: BrowserRequest) async throws -> BrowserAnswer {
        let arguments = try Arguments(request)
        let parts = request.path.split(separator: "/").map(String.init)
        switch (request.method, parts.first ?? "", parts.dropFirst().first) {
        case ("POST", "profiles", "create"): return try await ProfileRoutes(service).create(arguments)
        case ("DELETE", "profiles", let name?): return try await ProfileRoutes(service).delete(name)
        default: return try await answer(request, arguments, parts)
        }
    }

    /// Answers what is asked of one browser profile.
    private func answer(
        _ request: BrowserRequest, _ arguments: Arguments, _ parts: [String]
    ) async throws -> BrowserAnswer {
        let name = try service.profile(try arguments.text("profile")).name
        switch (request.method, parts.first ?? "", parts.dropFirst().first) {
        case ("GET", "", nil): return try await status(name)
        case ("POST", "start", nil):
            _ = try await service.startAnew(name)
            return BrowserAnswer(body: ["ok": true, "profile": .string(name)])
        case ("POST", "stop", nil):
            let wasRunning = await service.stop(name)
            return BrowserAnswer(body: ["ok": true, "profile": .string(name), "stopped": .bool(wasRunning)])
        case ("POST", "reset-profile", nil): return try await ProfileRoutes(service).reset(name)
        case ("GET", "profiles", nil): return await profiles()
        case ("GET", "tabs", nil): return try await tabs(name)
        case ("POST", "tabs", "open"):
            return try await TabRoutes(await browser(name, starts: true)).open(arguments)
        case ("POST", "tabs", "focus"): return try await TabRoutes(await browser(name)).focus(arguments)
        case ("POST", "tabs", "action"):
            return try await TabRoutes(await browser(name, starts: true)).action(arguments)
        case ("DELETE", "tabs", let id?): return try await TabRoutes(await browser(name)).close(id)
        case ("POST", "navigate", nil):
            return try await TabRoutes(await browser(name, starts: true)).navigate(arguments)
        case ("GET", "snapshot", nil): return try await page(name).snapshot(arguments)
        case ("POST", "screenshot", nil): return try await page(name).screenshot(arguments)
        case ("POST", "pdf", nil): return try await page(name).pdf(arguments)
        case ("POST", "act", nil):
            return try await ActRoutes(await transfers(name)).act(arguments)
        case ("POST", "hooks", "dialog"): return try await page(name).answerDialog(arguments)
        case ("POST", "hooks", "file-chooser"):
            return try await transfers(name).answerFileChooser(arguments)
        case ("POST", "download", nil): return try await transfers(name).download(arguments)
        case ("POST", "wait", "download"): return try await transfers(name).waitForDownload(arguments)
        case ("GET", "downloads", nil): return await downloads(name)
        case ("DELETE", "downloads", let file?):
            try KeptFiles(of: directory(name)).remove(file)
            return BrowserAnswer(body: ["ok": true, "name": .string(file)])
        case ("GET", "console", nil): return try await page(name).records(.console, as: "messages", arguments)
        case ("GET", "errors", nil): return try await page(name).records(.errors, as: "errors", arguments)
        case ("GET", "requests", nil): return try await page(name).records(.requests, as: "requests", arguments)
        case ("GET", "cookies", nil): return try await page(name).cookies(arguments)
        case ("POST", "cookies", "set"): return try await page(name).setCookie(arguments)
        case ("POST", "cookies", "clear"): return try await page(name).clearCookies(arguments)
        case ("GET", "storage", let kind?): return try await page(name).storage(kind, arguments)
        case ("POST", "storage", let kind?):
            return try await page(name).changeStorage(kind, parts.count > 2 ? parts[2] : "", arguments)
        default: throw BrowserFault(404, "browser control has no \(request.method) \(request.path)")
        }
    }

    /// The browser of the profile `name`; started when it does not run and `starts`.
    private func browser(_ name: String, starts: Bool = false) async throws -> RunningBrowser {
        guard starts, await service.isAtRest(name) else { return try await service.required(name) }
        return try await service.start(name)
    }

    private func page(_ name: String) async throws -> PageRoutes {
        PageRoutes(try await browser(name), service.settings)
    }

    private func transfers(_ name: String) async throws -> TransferRoutes {
        TransferRoutes(try await browser(name), name, service.settings)
    }

    private func directory(_ name: String) -> ProfileDirectory {
        ProfileDirectory(of: name, in: service.settings.stateDirectory)
    }

    /// What was downloaded since the browser was started, and the files that there are.
    private func downloads(_ name: String) async -> BrowserAnswer {
        let downloads = await service.running(name)?.downloads?.all ?? []
        return BrowserAnswer(body: [
            "directory": .string(directory(name).path(.downloads)), "downloads": .array(downloads.map(\.json)),
            "files": KeptFiles(of: directory(name)).json,
        ])
    }

    // MARK: Browsers

    /// How long a browser has to answer before the status says that it does not.
    private static let patience: Duration = .milliseconds(1500)

    private func status(_ name: String) async throws -> BrowserAnswer {
        let settings = service.settings
        let (_, profile) = try service.profile(name)
        let running = await service.running(name)
        var detected: ChromiumProgram?
        var fault: String?
        do throws(BrowserFault) {
            detected = try ChromiumProgram.find(settings.executable)
        } catch {
            fault = error.message
        }
        func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
        func number(_ number: Int64?) -> JSON { number.map(JSON.integer) ?? .null }
        let sandbox: ChromiumSandbox? =
            if let process = running?.process { await ChromiumSandbox(of: process) } else { nil }
        let isReady = await running?.answers(within: Self.patience) ?? false
        let lastEnd = await service.lastEnd(name)
        var body: JSONObject = ["enabled": .bool(settings.isEnabled), "profile": .string(name)]
        body["running"] = .bool(running != nil)
        body["cdpReady"] = .bool(isReady)
        body["cdpHttp"] = .bool(running != nil && (profile.port != nil || profile.address != nil))
        body["pid"] = number(running?.process?.processID.map { Int64($0) })
        // One that is started here is out of sight only where it has a sandbox of its own.
        body["ownCage"] = .bool(running?.process.map { $0.processID == nil } ?? false)
        body["cdpPort"] = number(profile.port.map(Int64.init))
        body["cdpUrl"] = text(profile.shownAddress)
        body["controlPort"] = .integer(Int64(settings.controlPort))
        body["product"] = text(running?.product)
        body["chosenBrowser"] = text(running?.program?.kind)
        body["detectedBrowser"] = text(detected?.kind)
        body["detectedExecutablePath"] = text(detected?.path)
        body["detectError"] = text(fault)
        body["userDataDir"] = text(profile.address == nil ? settings.userData(of: name) : nil)
        body["color"] = .string(profile.color)
        body["headless"] = .bool(settings.runsHeadless)
        body["noSandbox"] = .bool(settings.hasNoSandbox)
        body["executablePath"] = text(settings.executable)
        body["attachOnly"] = .bool(settings.attachesOnly)
        body["sandbox"] = sandbox?.json ?? .null
        body["tabs"] = .integer(Int64(running?.targets.pages.count ?? 0))
        body["memoryBytes"] = number(sandbox?.memory)
        body["downloadsDir"] = text(profile.address == nil ? directory(name).path(.downloads) : nil)
        body["lastError"] = text(lastEnd)
        return BrowserAnswer(body: .object(body))
    }

    private func profiles() async -> BrowserAnswer {
        var profiles: [JSON] = []
        for (name, profile) in service.settings.profiles.sorted(by: { $0.key < $1.key }) {
            let running = await service.running(name)
            profiles.append([
                "name": .string(name), "cdpPort": profile.port.map { .integer(Int64($0)) } ?? .null,
                "cdpUrl": profile.address == nil ? .null : profile.shownAddress.map(JSON.string) ?? .null,
                "color": .string(profile.color),
                "running": .bool(running != nil), "tabCount": .integer(Int64(running?.targets.pages.count ?? 0)),
                "isDefault": .bool(name == service.settings.defaultProfile), "isRemote": .bool(profile.address != nil),
            ])
        }
        return BrowserAnswer(body: ["profiles": .array(profiles)])
    }

    private func tabs(_ name: String) async throws -> BrowserAnswer {
        guard let running = await service.running(name) else {
            return BrowserAnswer(body: ["running": false, "tabs": []])
        }
        try await running.targets.refresh()
        return BrowserAnswer(body: ["running": true, "tabs": .array(running.targets.pages.map(\.json))])
    }
}

extension TargetInfo {
    /// A tab as it is listed.
    var json: JSON {
        ["targetId": .string(id.text), "title": .string(title), "url": .string(url), "type": .string(type)]
    }
}
