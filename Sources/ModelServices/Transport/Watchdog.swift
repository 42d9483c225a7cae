import Synchronization

/// Notices when something that should go on does not.
final class Watchdog: Sendable {
    private let deadline: Mutex<ContinuousClock.Instant>

    /// The longest that it sleeps: the deadline may come nearer meanwhile.
    private static let step = Duration.milliseconds(200)

    /// Waits for the first sign of life for `time`.
    init(_ time: Duration) {
        deadline = Mutex(.now + time)
    }

    /// There was a sign of life; the next is due within `time`.
    func feed(_ time: Duration) {
        deadline.withLock { $0 = .now + time }
    }

    /// Returns true when a sign of life is overdue, and false when the task is cancelled.
    func watch() async -> Bool {
        while true {
            let deadline = deadline.withLock(\.self)
            let now = ContinuousClock.now
            if deadline <= now { return true }
            do {
                try await Task.sleep(until: min(deadline, now + Self.step), clock: .continuous)
            } catch {
                return false
            }
        }
    }
}
