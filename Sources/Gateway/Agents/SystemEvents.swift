import Synchronization

/// Lines that a session's agent is to be told at its next turn: what happened meanwhile that nobody wrote.
///
/// However many tell however much, at most 4 MiB wait: so many sessions, so much for each.
final class SystemEvents: Sendable {
    /// How many lines wait for one session at most; older ones are forgotten.
    static let limit = 20
    /// How many bytes of them; older ones are forgotten.
    static let byteLimit = 64 << 10
    /// The longest line, in bytes.
    static let lineLimit = 32 << 10
    /// For how many sessions lines wait, beside main sessions.
    static let sessionLimit = 64

    /// Why a line is not taken.
    enum Refusal: Error, Equatable {
        /// It is longer than a line may be.
        case tooLong
        /// Lines wait for too many sessions.
        case tooManySessions
    }

    private let lines = Mutex<[String: [String]]>([:])

    /// For how many sessions lines wait.
    var sessionCount: Int { lines.withLock { $0.count } }

    /// How many bytes wait.
    var byteCount: Int { lines.withLock { $0.values.reduce(0) { $0 + Self.size($1) } } }

    /// Has the session `key` told `text`, unless that is the last it will be told already. `isMain` tells whether there is
    /// always room for that session.
    func add(_ text: String, for key: String, isMain: () -> Bool = { false }) throws(Refusal) {
        guard text.utf8.count <= Self.lineLimit else { throw .tooLong }
        try lines.withLock { (lines) throws(Refusal) in
            var queue = lines[key] ?? []
            guard queue.last != text else { return }
            guard !queue.isEmpty || lines.count < Self.sessionLimit || isMain() else { throw .tooManySessions }
            queue.append(text)
            while queue.count > Self.limit || Self.size(queue) > Self.byteLimit { queue.removeFirst() }
            lines[key] = queue
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

    private static func size(_ queue: [String]) -> Int { queue.reduce(0) { $0 + $1.utf8.count } }
}
