import Gateway
import GatewayProtocol
import Synchronization

/// Pages of the canvas that want to know when its files change, and what tells them.
///
/// While there are any, the directory is looked at twice a second: of what agents make there, however deep, the kernel
/// would tell only directory by directory (inotify(7)).
final class LiveReload: Sendable {
    private struct State {
        var pages: [ObjectIdentifier: LiveReloadPage] = [:]
        var isWatching = false
        /// What the directory held before a page that is on its way was told that it is connected.
        var beforePage: Int?
    }

    private let directory: ServedDirectory
    private let gateway: Gateway
    private let interval: Duration
    private let state = Mutex(State())

    /// How many pages may wait at once.
    static let limit = 64

    init(directory: ServedDirectory, gateway: Gateway, interval: Duration = .milliseconds(500)) {
        self.directory = directory
        self.gateway = gateway
        self.interval = interval
    }

    /// How many do.
    var count: Int { state.withLock { $0.pages.count } }

    /// Whether another page may wait.
    var hasRoom: Bool { count < Self.limit }

    /// Remembers what the directory holds now, for a page whose handshake is about to be answered.
    ///
    /// A change made as soon as the page has the answer is then one that the page hears of. May wait for the disk.
    func expectPage() {
        let now = directory.fingerprint()
        state.withLock { $0.beforePage = $0.beforePage ?? now }
    }

    /// Adds the page that ``expectPage()`` was called for, which is told by `transport`; nil when there are too many.
    func add(_ transport: any ClientTransport) -> LiveReloadPage? {
        let page = LiveReloadPage(transport) { [weak self] page in
            _ = self?.state.withLock { $0.pages.removeValue(forKey: ObjectIdentifier(page)) }
        }
        let added: (isFirst: Bool, before: Int?)? = state.withLock { state in
            guard state.pages.count < Self.limit else { return nil }
            state.pages[ObjectIdentifier(page)] = page
            defer { (state.isWatching, state.beforePage) = (true, nil) }
            return (!state.isWatching, state.beforePage)
        }
        guard let added else {
            gateway.limitTally.add("live reload pages", "refused")
            return nil
        }
        if added.isFirst { watch(from: added.before) }
        return page
    }

    /// Looks at the directory again and again while pages wait, and tells them when it is not as it was `before`.
    private func watch(from before: Int?) {
        _ = gateway.perform { [self] in
            var last = before ?? directory.fingerprint()
            repeat {
                // Throws only when the gateway ends.
                guard (try? await Task.sleep(for: interval)) != nil else { return }
                let now = directory.fingerprint()
                if now != last { tell() }
                last = now
            } while goesOn
        }
    }

    /// Whether somebody waits; if nobody does, the watch ends.
    private var goesOn: Bool {
        state.withLock { state in
            state.isWatching = !state.pages.isEmpty
            return state.isWatching
        }
    }

    private func tell() {
        // One that takes nothing misses it; the next page it loads is new all the same.
        for page in state.withLock({ Array($0.pages.values) }) { page.reload() }
    }
}

/// One page that waits. What it says is of no interest.
final class LiveReloadPage: MessageReceiver {
    let inboundLimit = 1024
    let isEstablished = true
    private let transport: any ClientTransport
    private let leave: @Sendable (LiveReloadPage) -> Void

    /// A page that is told by `transport`; `leave` is called when it is gone.
    init(_ transport: any ClientTransport, leave: @escaping @Sendable (LiveReloadPage) -> Void) {
        self.transport = transport
        self.leave = leave
    }

    /// Has it load itself again.
    func reload() { transport.send(Array("reload".utf8), isDroppable: true) }

    func receive(_ text: UnsafeBufferPointer<UInt8>) {}

    func handshakeTimedOut() {}

    func close(_ reason: CloseReason) { transport.close(reason) }

    func closed() { leave(self) }
}
