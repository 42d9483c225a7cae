package import DevTools
import Glibc
import JSON
package import NIOCore
import Synchronization

/// Browser control: starts an instance's browsers, drives them, and ends them.
///
/// A browser that ends unasked is started again once, at the next request; ends it a second time within five minutes, that
/// is told, until somebody asks for a start.
package actor BrowserService {
    /// What becomes of one browser profile.
    private struct Entry {
        var running: RunningBrowser?
        /// What was said of it when it was started.
        var profile: BrowserSettings.Profile?
        /// The start that is under way, which everybody waits for who asks meanwhile.
        var starting: Task<RunningBrowser, any Error>?
        /// The end of one that lost its connection; another is started after it, as both have the same user data.
        var ending: Task<Void, Never>?
        /// When it was started again unasked.
        var restartedAt: ContinuousClock.Instant?
        /// How the last one ended unasked.
        var lastEnd: String?
    }

    private nonisolated let current: Mutex<BrowserSettings>
    private let store: (any ProfileStore)?
    private let group: any EventLoopGroup
    /// Who gives a browser a sandbox of its own; nil where nobody does.
    private let launcher: (any BrowserLauncher)?
    /// The end of the browsers that ran with other settings: none is started, and nothing is over, before it.
    private let predecessor: Task<Void, Never>?
    private var entries: [String: Entry] = [:]
    private var isStopped = false

    private static let restartInterval: Duration = .seconds(300)

    /// Browser control as `settings` have it, in place of `predecessor`, whose browsers end now. It starts nothing before it is
    /// asked to. Browser profiles that are made and deleted are kept in `store`; without one they cannot be.
    ///
    /// `launcher` gives browsers sandboxes of their own, and nobody does where it is nil.
    package init(
        _ settings: BrowserSettings, on group: any EventLoopGroup, by launcher: (any BrowserLauncher)? = nil,
        store: (any ProfileStore)? = nil, after predecessor: BrowserService? = nil
    ) {
        current = Mutex(settings)
        self.launcher = launcher
        self.group = group
        self.store = store
        self.predecessor = predecessor.map { before in Task { await before.shutDown() } }
    }

    /// Answers `request`.
    package nonisolated func answer(_ request: BrowserRequest) async -> BrowserAnswer {
        do {
            return try await BrowserRoutes(self).answer(request)
        } catch let fault as BrowserFault {
            return BrowserAnswer(status: fault.status, body: ["error": .string(fault.message)])
        } catch is CancellationError {
            return BrowserAnswer(status: 503, body: ["error": "browser control is stopping"])
        } catch let error as DevToolsError {
            return BrowserAnswer(status: Self.status(of: error), body: ["error": .string("\(error)")])
        } catch {
            return BrowserAnswer(status: 500, body: ["error": .string("\(error)")])
        }
    }

    private nonisolated static func status(of error: DevToolsError) -> Int {
        switch error {
        case .sessionEnded: 404
        case .disconnected, .violation: 409
        default: 500
        }
    }

    /// Ends all browsers, and starts none any more.
    package func shutDown() async {
        isStopped = true
        for name in entries.keys { await stop(name) }
        await predecessor?.value
    }

    // MARK: Settings

    /// What the instance says of it.
    package nonisolated var settings: BrowserSettings { current.withLock { $0 } }

    /// Goes on with `next`, and ends the browsers of profiles that are gone or elsewhere by that. Returns false, and does
    /// nothing, when it says something else of more than the profiles.
    package nonisolated func adopt(_ next: BrowserSettings) -> Bool {
        let isAdopted = current.withLock { settings in
            guard settings.isSame(exceptForProfiles: next) else { return false }
            settings = next
            return true
        }
        if isAdopted { Task { await endThoseOfOtherProfiles() } }
        return isAdopted
    }

    private func endThoseOfOtherProfiles() async {
        for (name, entry) in entries {
            guard let before = entry.profile else { continue }
            let now = settings.profiles[name]
            guard now?.port != before.port || now?.address != before.address || now == nil else { continue }
            await stop(name)
        }
    }

    // MARK: Profiles

    /// Enters a browser profile, which counts at once. Throws `BrowserFault`.
    func add(_ name: String, _ profile: BrowserSettings.Profile) async throws {
        try await requiredStore().add(name, profile)
        current.withLock { $0.profiles[name] = profile }
    }

    /// Ends the browser of the profile `name` and takes the profile out, with all that it kept. Returns whether it kept
    /// anything. Throws `BrowserFault`.
    func delete(_ name: String) async throws -> Bool {
        let store = try requiredStore()
        await stop(name)
        try await store.remove(name)
        current.withLock { _ = $0.profiles.removeValue(forKey: name) }
        // Somebody may have started it meanwhile.
        await end(name)
        return try ProfileDirectory(of: name, in: settings.stateDirectory).remove()
    }

    /// Ends the browser of the profile `name` and removes its user data. Returns whether there was any. Throws `BrowserFault`.
    func reset(_ name: String) async throws -> Bool {
        await end(name)
        return try ProfileDirectory(of: name, in: settings.stateDirectory).remove(.userData)
    }

    /// Ends the browser of the profile `name`, however often somebody starts it meanwhile. Until the next suspension none is
    /// there.
    private func end(_ name: String) async {
        while entries[name]?.running != nil || entries[name]?.starting != nil || entries[name]?.ending != nil {
            await stop(name)
        }
    }

    private func requiredStore() throws(BrowserFault) -> any ProfileStore {
        guard let store else { throw BrowserFault(503, "nobody keeps browser profiles here") }
        return store
    }

    /// The name of the browser profile that is meant by `name`, and what is said of it. Throws `BrowserFault`.
    nonisolated func profile(_ name: String?) throws(BrowserFault) -> (name: String, profile: BrowserSettings.Profile) {
        let name = name ?? settings.defaultProfile
        guard let profile = settings.profiles[name] else {
            throw BrowserFault(404, "unknown browser profile \"\(name)\"")
        }
        return (name, profile)
    }

    // MARK: Browsers

    /// The browser of the profile `name`, when it is there now.
    func running(_ name: String) -> RunningBrowser? {
        guard let running = entries[name]?.running else { return nil }
        guard let end = running.connection.end else { return running }
        abandon(running, of: name, "\(end)")
        return nil
    }

    /// Ends `running`, which serves nobody any more, for `reason`.
    private func abandon(_ running: RunningBrowser, of name: String, _ reason: String) {
        guard entries[name]?.running === running else { return }
        entries[name]?.running = nil
        entries[name]?.profile = nil
        entries[name]?.lastEnd = reason
        entries[name]?.ending = Task { [settings] in
            await running.stop()
            Self.cleanUp(name, settings)
        }
    }

    /// The browser of the profile `name`, when it is there now and answers. One that does not is ended.
    private func answering(_ name: String) async -> RunningBrowser? {
        guard let running = running(name) else { return nil }
        let patience = settings.patience
        if await running.answers(within: patience) { return running }
        abandon(running, of: name, "it did not answer within \(patience)")
        return nil
    }

    /// Removes what only a running browser needs.
    private static func cleanUp(_ name: String, _ settings: BrowserSettings) {
        guard settings.profiles[name]?.address == nil else { return }
        SingletonFiles.remove(from: settings.userData(of: name))
        // What cannot be removed now is when it is started again.
        _ = try? ProfileDirectory(of: name, in: settings.stateDirectory).remove(.uploads)
    }

    /// Whether no browser of `name` runs, and none ended unasked.
    func isAtRest(_ name: String) -> Bool {
        running(name) == nil && entries[name]?.lastEnd == nil
    }

    /// How the last browser of `name` ended unasked; nil when it did not.
    func lastEnd(_ name: String) -> String? {
        _ = running(name)
        return entries[name]?.lastEnd
    }

    /// The browser of the profile `name`, for a request that needs it. Throws `BrowserFault` when it does not run.
    func required(_ name: String) async throws -> RunningBrowser {
        if let running = await answering(name) { return running }
        if let starting = entries[name]?.starting { return try await starting.value }
        guard let end = entries[name]?.lastEnd else {
            throw BrowserFault(409, "the browser of profile \"\(name)\" is not running; start it first")
        }
        let now = ContinuousClock.now
        if let before = entries[name]?.restartedAt, before.duration(to: now) < Self.restartInterval {
            throw BrowserFault(
                409,
                "the browser of profile \"\(name)\" ended again after it had been restarted: \(end); start it when "
                    + "that is mended")
        }
        entries[name]?.restartedAt = now
        return try await start(name)
    }

    /// Starts the browser of the profile `name`, or attaches to it, unless it runs. Throws `BrowserFault`.
    func start(_ name: String) async throws -> RunningBrowser {
        guard settings.isEnabled else { throw BrowserFault(403, "browser.enabled is false") }
        guard !isStopped else { throw BrowserFault(503, "browser control is stopping") }
        if let running = running(name) { return running }
        if let starting = entries[name]?.starting { return try await starting.value }
        let (_, profile) = try profile(name)
        // One without a sandbox of its own needs no more than this process has, and one with a port has to open it here.
        let launcher = settings.hasNoSandbox || profile.port != nil ? nil : launcher
        let task = Task { [settings, group, predecessor, ending = entries[name]?.ending] in
            await predecessor?.value
            await ending?.value
            return try await Self.start(name, profile, settings, by: launcher ?? ChildLauncher(), on: group)
        }
        entries[name, default: Entry()].starting = task
        let result = await task.result
        entries[name]?.starting = nil
        let running = try result.get()
        entries[name]?.running = running
        entries[name]?.profile = profile
        entries[name]?.lastEnd = nil
        entries[name]?.ending = nil
        guard !isStopped else {
            await stop(name)
            throw BrowserFault(503, "browser control is stopping")
        }
        return running
    }

    private static func start(
        _ name: String, _ profile: BrowserSettings.Profile, _ settings: BrowserSettings,
        by launcher: any BrowserLauncher, on group: any EventLoopGroup
    ) async throws -> RunningBrowser {
        if let address = profile.address {
            return try await RunningBrowser.attach(to: address, settings, on: group)
        }
        guard !settings.attachesOnly else {
            throw BrowserFault(503, "browser.attachOnly is true, and profile \"\(name)\" has no cdpUrl to attach to")
        }
        let program = try ChromiumProgram.find(settings.executable)
        let directory = ProfileDirectory(of: name, in: settings.stateDirectory)
        try directory.make(.userData)
        try directory.make(.downloads)
        try directory.remove(.uploads)
        try await SingletonFiles.wait(forEndOfOwnerOf: directory.path(.userData))
        if let port = profile.port, !DevToolsPort.isFree(port) {
            throw BrowserFault(
                503,
                "port \(port) is in use for profile \"\(name)\", but not by its browser; end what listens there, or change "
                    + "browser.profiles.\(name).cdpPort")
        }
        let running = try await RunningBrowser.start(
            settings.launch(program, for: name, profile), program, by: launcher, on: group)
        do {
            try await running.keepDownloads(in: directory, limit: settings.downloadLimit)
            if let port = profile.port { try await running.wait(forPort: port) }
            return running
        } catch {
            await running.stop()
            throw error
        }
    }

    /// Somebody asks for a start: what happened before counts no more.
    func startAnew(_ name: String) async throws -> RunningBrowser {
        _ = await answering(name)
        entries[name]?.restartedAt = nil
        entries[name]?.lastEnd = nil
        return try await start(name)
    }

    /// Ends the browser of the profile `name`. Returns whether there was one.
    @discardableResult
    func stop(_ name: String) async -> Bool {
        // A start that fails left nothing.
        if let starting = entries[name]?.starting { _ = await starting.result }
        if let ending = entries[name]?.ending {
            await ending.value
            entries[name]?.ending = nil
        }
        guard let running = entries[name]?.running else { return false }
        let settings = settings
        let ending = Task {
            await running.stop()
            Self.cleanUp(name, settings)
        }
        // Whoever starts another waits for that.
        entries[name] = Entry(ending: ending)
        await ending.value
        return true
    }
}
