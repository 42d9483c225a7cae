import Synchronization
import Time

/// Wakes one who does what is due, when it is due, and when that may have changed.
final class Alarm: Sendable {
    private struct State {
        var sleeper: Task<Void, Never>?
        /// Whether it rang while nobody slept.
        var isRung = false
        var isServing = false
    }

    /// The longest it looks away from the clock: somebody may set it.
    private static let longestSleep = TimeSpan(1, .minutes)

    private let state = Mutex(State())

    /// Wakes who sleeps; who is about to does not fall asleep.
    func ring() {
        state.withLock { state in
            state.isRung = true
            state.sleeper?.cancel()
        }
    }

    /// Calls `work` at once, whenever it rings, and when the time is over that `untilNext` says, until the task is
    /// cancelled. Called again, it does nothing.
    func serve(untilNext: () -> TimeSpan?, _ work: () -> Void) async {
        let isFirst = state.withLock { state in
            defer { state.isServing = true }
            return !state.isServing
        }
        guard isFirst else { return }
        while !Task.isCancelled {
            work()
            await sleep(min(Self.longestSleep, untilNext() ?? .longest))
        }
    }

    /// Sleeps for `span` at most: until it rings, or the task is cancelled.
    private func sleep(_ span: TimeSpan) async {
        let sleeper: Task<Void, Never>? = state.withLock { state in
            guard !state.isRung else {
                state.isRung = false
                return nil
            }
            let sleeper = Task {
                // Cancelled means awake.
                _ = try? await Task.sleep(for: span.duration)
            }
            state.sleeper = sleeper
            return sleeper
        }
        guard let sleeper else { return }
        await withTaskCancellationHandler {
            await sleeper.value
        } onCancel: {
            sleeper.cancel()
        }
        // Who is awake looks at everything.
        state.withLock { state in
            state.sleeper = nil
            state.isRung = false
        }
    }
}
