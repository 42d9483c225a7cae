import DevTools
import NIOCore
import Synchronization

/// A browser that is there: its process, when it was started here, its connection and its pages.
final class RunningBrowser: Sendable {
    private struct State {
        var watches: [TargetID: PageWatch] = [:]
        var refs: [TargetID: [String: ElementRef]] = [:]
        /// The tab that was used last.
        var last: TargetID?
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

    /// Connects to the browser at `address`, which runs already. Throws `BrowserFault` when it cannot be reached.
    static func attach(to address: String, on group: any EventLoopGroup) async throws -> RunningBrowser {
        do {
            return try await attach(
                DevToolsConnection.open(at: DevToolsAddress(address), on: group), nil, nil)
        } catch let error as DevToolsError {
            throw BrowserFault(503, "\(error)")
        }
    }

    private static func attach(
        _ connection: DevToolsConnection, _ process: BrowserProcess?, _ program: ChromiumProgram?
    ) async throws -> RunningBrowser {
        let version = try await connection.browser.send(BrowserDomain.GetVersion(), within: patience)
        let targets = try await Targets.watch(connection)
        return RunningBrowser(
            process: process, program: program, connection: connection, targets: targets, product: version.product)
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

    /// Keeps what the latest snapshot of `tab` named.
    func keep(_ refs: [String: ElementRef], of tab: Tab) {
        state.withLock { $0.refs[tab.info.id] = refs }
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
