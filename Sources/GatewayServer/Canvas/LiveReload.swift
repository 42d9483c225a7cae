import Gateway
import NIOCore
import NIOWebSocket
import Synchronization

/// Pages of the canvas that want to know when its files change, and what tells them.
///
/// While there are any, the directory is looked at twice a second: of what agents make there, however deep, the kernel
/// would tell only directory by directory (inotify(7)).
final class LiveReload: Sendable {
    private struct State {
        var pages: [ObjectIdentifier: any Channel] = [:]
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

    /// Whether another page may wait.
    var hasRoom: Bool { state.withLock { $0.pages.count < Self.limit } }

    /// Remembers what the directory holds now, for a page whose handshake is about to be answered.
    ///
    /// A change made as soon as the page has the answer is then one that the page hears of.
    func expectPage() {
        let now = directory.fingerprint()
        state.withLock { $0.beforePage = $0.beforePage ?? now }
    }

    /// Adds the page that ``expectPage()`` was called for.
    func add(_ page: any Channel) {
        let (isFirst, before) = state.withLock { state in
            state.pages[ObjectIdentifier(page)] = page
            defer { (state.isWatching, state.beforePage) = (true, nil) }
            return (!state.isWatching, state.beforePage)
        }
        page.closeFuture.whenComplete { [self] _ in
            _ = state.withLock { $0.pages.removeValue(forKey: ObjectIdentifier(page)) }
        }
        guard isFirst else { return }
        let first = before ?? directory.fingerprint()
        _ = gateway.perform { [self] in
            var last = first
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
        for page in state.withLock({ Array($0.pages.values) }) {
            let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: "reload"))
            // One that takes nothing misses it; the next page it loads is new all the same.
            if page.isWritable { page.writeAndFlush(frame, promise: nil) }
        }
    }
}
