import Synchronization

/// Lines that a session's agent is to be told at its next turn: what happened meanwhile that nobody wrote.
final class SystemEvents: Sendable {
    /// How many lines wait for one session at most; older ones are forgotten.
    static let limit = 20

    private let lines = Mutex<[String: [String]]>([:])

    /// Has the session `key` told `text`, unless that is the last it will be told already.
    func add(_ text: String, for key: String) {
        lines.withLock { lines in
            var queue = lines[key] ?? []
            guard queue.last != text else { return }
            queue.append(text)
            lines[key] = queue.suffix(Self.limit)
        }
    }

    /// What waits for the session `key`, oldest first.
    func waiting(for key: String) -> [String] {
        lines.withLock { $0[key] ?? [] }
    }

    /// What waits for the session `key`, which is told it now.
    func take(for key: String) -> [String] {
        lines.withLock { $0.removeValue(forKey: key) ?? [] }
    }
}
