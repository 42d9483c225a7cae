import Synchronization

/// How often something happened since the start of this gateway, by what it was and how it went.
///
/// What tells two apart must be of a known few: a name a client makes up is none.
public final class Tally: Sendable {
    /// What is counted apart.
    struct Key: Hashable, Comparable {
        var name: String
        var outcome: String

        static func < (left: Key, right: Key) -> Bool {
            (left.name, left.outcome) < (right.name, right.outcome)
        }
    }

    private let counts = Mutex<[Key: Int64]>([:])

    /// Counts one more of `name` that ended with `outcome`.
    public func add(_ name: String, _ outcome: String) {
        counts.withLock { $0[Key(name: name, outcome: outcome), default: 0] += 1 }
    }

    /// Everything counted so far, in order.
    var all: [(key: Key, count: Int64)] {
        counts.withLock { Array($0) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
