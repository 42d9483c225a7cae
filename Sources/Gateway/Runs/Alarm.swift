import Synchronization

/// Wakes one who sleeps until something is due, when that may have changed.
final class Alarm: Sendable {
    private struct State {
        var sleeper: Task<Void, Never>?
        /// Whether it rang while nobody slept.
        var isRung = false
    }

    private let state = Mutex(State())

    /// Wakes who sleeps; who is about to does not fall asleep.
    func ring() {
        state.withLock { state in
            state.isRung = true
            state.sleeper?.cancel()
        }
    }

    /// Sleeps so many milliseconds at most: until it rings, or the task is cancelled.
    func sleep(milliseconds: Int64) async {
        let sleeper: Task<Void, Never>? = state.withLock { state in
            guard !state.isRung else {
                state.isRung = false
                return nil
            }
            let sleeper = Task {
                // Cancelled means awake.
                _ = try? await Task.sleep(for: .milliseconds(milliseconds))
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
        state.withLock { $0 = State() }
    }
}
