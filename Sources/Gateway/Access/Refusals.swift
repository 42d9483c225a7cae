import Synchronization
import Text
import Time

/// What the gateway refused of late: requests over HTTP and handshakes of those who may not, for its owner to see.
///
/// What the sandbox refuses is not among it: the launcher keeps that where nothing inside can read it.
final class Refusals: Sendable {
    /// The same refusal, as often as it came.
    struct Entry: Sendable, Equatable {
        /// What was asked for: a route as metrics call it, or `connect`.
        var route: String
        /// Why it was refused.
        var reason: String
        /// The address it came from.
        var address: String
        /// How often.
        var count: Int64
        var firstAt: Timestamp
        var lastAt: Timestamp
    }

    /// How many are kept; those that came last.
    static let limit = 32
    /// The longest reason, in bytes: some quote what a client sent.
    static let reasonLimit = 200

    private let entries = Mutex<[Entry]>([])

    /// The newest last.
    var all: [Entry] { entries.withLock { $0 } }

    /// `route` was refused to somebody at `address`.
    func add(_ route: String, _ reason: String, from address: String, at time: Timestamp) {
        let reason = reason.prefix(bytes: Self.reasonLimit)
        entries.withLock { entries in
            var entry = Entry(
                route: route, reason: reason, address: address, count: 0, firstAt: time, lastAt: time)
            if let index = entries.firstIndex(where: {
                $0.route == route && $0.reason == reason && $0.address == address
            }) {
                entry = entries.remove(at: index)
            } else if entries.count >= Self.limit {
                entries.removeFirst()
            }
            entry.count += 1
            entry.lastAt = time
            entries.append(entry)
        }
    }
}
