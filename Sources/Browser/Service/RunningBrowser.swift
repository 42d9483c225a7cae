import DevTools
import NIOCore
import Synchronization

/// A browser that is there: its process, when it was started here, its connection and its pages.
final class RunningBrowser: Sendable {
    private struct State {
        var watches: [TargetID: PageWatch] = [:]
        var refs: [TargetID: [String: ElementRef]] = [:]
        /// Their names in the order of the page.
        var names: [TargetID: [String]] = [:]
        /// What the pages keep for them.
        var lists: [TargetID: [NodeList]] = [:]
        /// How many snapshots there were.
        var snapshots = 0
        /// The tab that was used last.
        var last: TargetID?
        var downloads: Downloads?
    }

    /// Nil for one that ran already.
    let process: BrowserProcess?
    /// Nil for one that ran already.
    let program: ChromiumProgram?
    let connection: DevToolsConnection
    let targets: Targets
    /// What it says it is: `Chrome/156.0.8078.114`.
    let product: String
    private let state = Mutex(State())

    private init(
        process: BrowserProcess?, program: ChromiumProgram?, connection: DevToolsConnection, targets: Targets,
        product: String
    ) {
        (self.process, self.program, self.connection) = (process, program, connection)
        (self.targets, self.product) = (targets, product)
    }

    /// How long a browser may take to answer for the first time.
    private static let patience: Duration = .seconds(15)

    /// Starts `launch`. Throws `BrowserFault` when it does not come up; then nothing of it is left.
    static func start(
        _ launch: BrowserProgram, _ program: ChromiumProgram, by launcher: any BrowserLauncher,
        on group: any EventLoopGroup
    ) async throws -> RunningBrowser {
        let process: BrowserProcess
        do throws(DevToolsError) {
            process = try await BrowserProcess.start(launch, by: launcher)
        } catch {
            throw BrowserFault(503, "\(error)")
        }
        do {
            let connection = try await process.connect(on: group)
            return try await attach(connection, process, program)
        } catch {
            let end = await process.end()
            try Task.checkCancellation()
            if process.complaints.contains("No usable sandbox") {
                throw BrowserFault(
                    503,
                    "Chromium's own sandbox cannot be built here; run the gateway by mazelclaw-run with a policy that has a sibling "
                        + "\"browser\" (and no cdpPort), or set \"policy\": \"browser\" in the profile file, or have it run without, by "
                        + "browser.noSandbox")
            }
            let last = process.complaints.split(separator: "\n").last { !$0.contains("dbus") }.map { ": \($0)" } ?? ""
            switch end {
            case .exited(let code): throw BrowserFault(503, "\(program.path) exited with code \(code)\(last)")
            case .killed(let signal):
                throw BrowserFault(503, "\(program.path) did not come up and was ended by signal \(signal)\(last)")
            }
        }
    }

    /// Connects to the browser at `address`, which runs already, in the time that `settings` give it. Throws `BrowserFault`
    /// when it cannot be reached or does not answer.
    static func attach(
        to address: String, _ settings: BrowserSettings, on group: any EventLoopGroup
    ) async throws -> RunningBrowser {
        var limits = DevToolsLimits()
        limits.discovering = settings.remoteTimeout
        limits.connecting = settings.remoteHandshakeTimeout
        do {
            let connection = try await DevToolsConnection.open(at: DevToolsAddress(address), on: group, limits: limits)
            do {
                return try await attach(connection, nil, nil, within: settings.patience)
            } catch {
                await connection.close()
                throw error
            }
        } catch let error as DevToolsError {
            throw BrowserFault(503, "\(error)")
        }
    }

    private static func attach(
        _ connection: DevToolsConnection, _ process: BrowserProcess?, _ program: ChromiumProgram?,
        within patience: Duration = patience
    ) async throws -> RunningBrowser {
        let version = try await connection.browser.send(BrowserDomain.GetVersion(), within: patience)
        let targets = try await Targets.watch(connection)
        return RunningBrowser(
            process: process, program: program, connection: connection, targets: targets, product: version.product)
    }

    /// Whether it answers within `time`.
    func answers(within time: Duration) async -> Bool {
        (try? await connection.browser.send(BrowserDomain.GetVersion(), within: time)) != nil
    }

    /// Waits until it listens at `port`. Throws `BrowserFault` when it does not: Chromium itself says nothing of that.
    func wait(forPort port: UInt16) async throws {
        let end = ContinuousClock.now + .seconds(5)
        while !DevToolsPort.isOpen(port) {
            guard ContinuousClock.now < end else {
                throw BrowserFault(503, "the browser does not listen at its cdpPort \(port)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    // MARK: Downloads

    /// What it downloads; nil for one that ran already, whose files are elsewhere.
    var downloads: Downloads? { state.withLock { $0.downloads } }

    /// Has it keep what it downloads in the downloads of `profile`. Throws `DevToolsError`.
    func keepDownloads(in profile: ProfileDirectory, limit: Int64) async throws {
        let downloads = try await Downloads.keep(connection.browser, in: profile, limit: limit)
        state.withLock { $0.downloads = downloads }
    }

    /// Ends it, or only the connection when it ran already.
    func stop() async {
        guard let process else { return await connection.close() }
        // Asked first, so that it keeps its cookies; whatever becomes of that, it is ended then.
        _ = try? await connection.browser.send(BrowserDomain.Close(), within: .seconds(2))
        await process.end()
        await connection.close()
    }

    // MARK: Tabs

    /// The tab that `text` means, by its id or the beginning of it: without one the tab used last, else the first.
    /// Throws `BrowserFault` when there is none or more than one, and when its page has crashed unless `evenCrashed`: such a
    /// page answers nothing before it is loaded anew. Throws `DevToolsError` besides.
    func tab(_ text: String?, evenCrashed: Bool = false) async throws -> Tab {
        let pages = targets.pages
        let info: TargetInfo?
        if let text {
            let found = pages.filter { $0.id.text == text }
            let begun = found.isEmpty ? pages.filter { $0.id.text.hasPrefix(text) } : found
            guard begun.count < 2 else { throw BrowserFault(409, "more than one tab's id begins with \"\(text)\"") }
            info = begun.first
            guard info != nil else { throw BrowserFault(404, "tab not found: \(text)") }
        } else {
            let last = state.withLock { $0.last }
            info = pages.first { $0.id == last } ?? pages.first
        }
        guard let info else { throw BrowserFault(404, "there is no tab; open one first") }
        guard evenCrashed || !targets.hasCrashed(info.id) else {
            throw BrowserFault(409, "the page of tab \(info.id.text) crashed; navigate it anew")
        }
        return try await tab(info)
    }

    /// The tab `info`, which is the one used last from now on.
    func tab(_ info: TargetInfo) async throws -> Tab {
        let session = try await targets.session(of: info.id)
        state.withLock { $0.last = info.id }
        if let watch = state.withLock({ $0.watches[info.id] }) {
            return Tab(info: info, session: session, watch: watch)
        }
        let watch = try await PageWatch.start(session)
        let kept = state.withLock { state in
            if let earlier = state.watches[info.id] { return earlier }
            let there = Set(targets.pages.map(\.id))
            state.watches = state.watches.filter { there.contains($0.key) }
            state.refs = state.refs.filter { there.contains($0.key) }
            state.names = state.names.filter { there.contains($0.key) }
            state.lists = state.lists.filter { there.contains($0.key) }
            state.watches[info.id] = watch
            return watch
        }
        return Tab(info: info, session: session, watch: kept)
    }

    /// The tab as it is now.
    func refreshed(_ tab: Tab) -> Tab {
        var tab = tab
        tab.info = targets.info(of: tab.info.id) ?? tab.info
        return tab
    }

    // MARK: Refs

    /// What the pages keep for the next snapshot is let go of with.
    func nextGroup() -> String {
        state.withLock { state in
            state.snapshots += 1
            return "snapshot-\(state.snapshots)"
        }
    }

    /// Keeps what the latest snapshot of `tab` named, whose nodes are in `lists`; `names` has their order. Lets go of what the
    /// pages kept for the one before.
    func keep(_ refs: [String: ElementRef], _ names: [String], in lists: [NodeList], of tab: Tab) async {
        let earlier = state.withLock { state in
            state.refs[tab.info.id] = refs
            state.names[tab.info.id] = names
            return state.lists.updateValue(lists, forKey: tab.info.id) ?? []
        }
        for list in earlier {
            // A document that is gone keeps nothing.
            _ = try? await connection.session(list.session).send(RuntimeDomain.ReleaseObjectGroup(list.group))
        }
    }

    /// What the latest snapshot of `tab` named, and in which order; empty when there was none.
    func kept(of tab: Tab) -> (refs: [String: ElementRef], names: [String]) {
        state.withLock { ($0.refs[tab.info.id] ?? [:], $0.names[tab.info.id] ?? []) }
    }

    // MARK: Frames

    /// Looks for elements in a frame of `tab`: in the one that `text` means, by a CSS selector or by the name that the latest
    /// snapshot gave it; without it in the page's own. Throws `BrowserFault` when there is none, and `DevToolsError`.
    func search(in tab: Tab, frame text: String?) async throws -> ElementSearch {
        guard let main = targets.frames(of: tab.info.id).first else {
            throw BrowserFault(404, "tab \(tab.info.id.text) has no document yet")
        }
        let whole = ElementSearch(frame: main, session: connection.session(main.session))
        guard let text else { return whole }
        var (session, owner) = (whole.session, Int64?.none)
        if kept(of: tab).refs[text] != nil {
            let element = try await Element(named: text, of: tab, in: self)
            (session, owner) = (element.session, element.node)
        } else {
            owner = try await whole.node(text)
        }
        guard let owner else { throw BrowserFault(404, "no frame matches \(text)") }
        guard let id = try await session.send(DOMDomain.DescribeFrameOwner(owner)) else {
            throw BrowserFault(400, "what matches \(text) is no frame")
        }
        // One of another process is attached a moment later.
        _ = try await targets.wait(forFramesOf: tab.info.id, within: .seconds(5)) { frames in
            frames.contains { $0.info.id == id }
        }
        guard let frame = targets.frames(of: tab.info.id).first(where: { $0.info.id == id }) else {
            throw BrowserFault(404, "the frame that matches \(text) is gone")
        }
        return ElementSearch(frame: frame, session: connection.session(frame.session))
    }

    /// The element that the latest snapshot of `tab` called `name`. Throws `BrowserFault` when it called none so.
    func element(_ name: String, of tab: Tab) throws(BrowserFault) -> ElementRef {
        let name = name.hasPrefix("@") ? String(name.dropFirst()) : name
        guard let ref = state.withLock({ $0.refs[tab.info.id]?[name] }) else {
            throw BrowserFault(
                404, "Unknown ref \"\(name)\". Run a new snapshot and use a ref from that snapshot.")
        }
        return ref
    }
}
