import JSON
import Synchronization

/// What was answered to requests that must not be done twice, by the key their clients chose.
///
/// A client that never heard an answer sends the request again under the same key, and is answered as it was
/// the first time.
final class ResendCache: Sendable {
    private struct Entry {
        var result: Result<JSON?, ProtocolError>
        /// When the request was done; nil while it is being done.
        var doneAt: Int64?
    }

    /// How long an answer is kept, in milliseconds. One that is not final is kept until it is.
    static let lifetime: Int64 = 5 * 60 * 1000
    /// How many are kept.
    static let limit = 1000

    private let clock: WallClock
    private let entries = Mutex<[String: Entry]>([:])

    init(clock: WallClock) {
        self.clock = clock
    }

    /// Nil when `key` is new: the caller then does what is asked, and `interim` is what others hear meanwhile.
    /// Else what is to be answered now.
    func claim(_ key: String, interim: JSON?) -> Result<JSON?, ProtocolError>? {
        let time = clock.milliseconds
        return entries.withLock { entries in
            if let entry = entries[key], entry.doneAt.map({ time - $0 < Self.lifetime }) ?? true { return entry.result }
            entries[key] = Entry(result: .success(interim), doneAt: nil)
            if entries.count > Self.limit { Self.prune(&entries, at: time) }
            return nil
        }
    }

    /// What `key` claimed is done: this is the answer from now on.
    func finish(_ key: String, with result: Result<JSON?, ProtocolError>) {
        let time = clock.milliseconds
        entries.withLock { $0[key] = Entry(result: result, doneAt: time) }
    }

    /// What `key` claimed was never begun: the next request with this key is new.
    func release(_ key: String) {
        _ = entries.withLock { $0.removeValue(forKey: key) }
    }

    /// Forgets what is too old, and then what was done longest ago. What is being done is never forgotten: it
    /// would be done twice.
    private static func prune(_ entries: inout [String: Entry], at time: Int64) {
        entries = entries.filter { entry in entry.value.doneAt.map { time - $0 < lifetime } ?? true }
        guard entries.count > limit else { return }
        let done = entries.compactMap { key, entry in entry.doneAt.map { (key: key, time: $0) } }
        for (key, _) in done.sorted(by: { $0.time < $1.time }).prefix(entries.count - limit) { entries[key] = nil }
    }
}
