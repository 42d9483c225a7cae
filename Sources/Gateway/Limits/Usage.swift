import Synchronization

/// What there may be only so much of, and how much there is, for `/metrics`.
public final class Usage: Sendable {
    /// One limit by name, with what there is of it now.
    struct Entry: Sendable {
        var name: String
        var limit: Int
        var used: @Sendable () -> Int
    }

    private let entries = Mutex<[Entry]>([])

    /// Adds the limit `name`, of which there is as much as `used` says.
    public func add(_ name: String, limit: Int, used: @escaping @Sendable () -> Int) {
        entries.withLock { entries in
            // A server that starts anew has limits of its own.
            entries.removeAll { $0.name == name }
            entries.append(Entry(name: name, limit: limit, used: used))
        }
    }

    /// Adds the limit of `allowance`, called `name`.
    public func add(_ name: String, _ allowance: Allowance) {
        add(name, limit: allowance.limit) { allowance.used }
    }

    /// Every limit, in the order in which they were added.
    var all: [Entry] { entries.withLock { $0 } }
}
