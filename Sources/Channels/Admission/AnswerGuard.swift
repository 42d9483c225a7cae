package import Time

/// Ends a talk of two programs that answer each other for ever: who wrote more than `limit` messages within `window` is not
/// answered until it is quiet.
package struct AnswerGuard: Sendable {
    /// The most messages of one sender in one place within `window` that are answered.
    package static let limit = 20
    /// The time within which they are counted.
    package static let window = TimeSpan(60, .seconds)
    /// The most senders that are remembered.
    private static let senderLimit = 10_000

    private var times: [String: [Timestamp]] = [:]

    package init() {}

    /// Whether a message that `sender` wrote at `time` may be answered. Counts it.
    package mutating func permits(_ sender: String, at time: Timestamp) -> Bool {
        if times.count >= Self.senderLimit, times[sender] == nil {
            times = times.filter { $0.value.last.map { time.since($0) < Self.window } ?? false }
            guard times.count < Self.senderLimit else { return false }
        }
        var recent = (times[sender] ?? []).filter { time.since($0) < Self.window }
        guard recent.count < Self.limit else {
            // What is not answered counts too: a program that goes on stays unanswered.
            recent.removeFirst()
            times[sender] = recent + [time]
            return false
        }
        recent.append(time)
        times[sender] = recent
        return true
    }
}
