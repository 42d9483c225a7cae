import Synchronization

/// Something that changes now and then, and wakes those who wait for that.
final class Changes: Sendable {
    private struct State {
        var count = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastWaiting = 0
    }

    private let state = Mutex(State())

    /// How often it changed so far.
    var count: Int { state.withLock { $0.count } }

    /// Tells of a change.
    func tell() {
        let waiting = state.withLock { state in
            state.count += 1
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for waiter in waiting { waiter.resume() }
    }

    /// What `look` finds, as soon as it finds something; nil when it does not within `time`. It looks at first, and after each
    /// change. Throws `CancellationError`, and what `look` throws.
    func value<Value: Sendable>(within time: Duration, _ look: () throws -> Value?) async throws -> Value? {
        let clock = ContinuousClock()
        let end = clock.now + time
        while true {
            let seen = count
            if let value = try look() { return value }
            guard clock.now < end else { return nil }
            try await wait(past: seen, until: end)
        }
    }

    /// Waits until there were more changes than `seen`, or it is `end`.
    private func wait(past seen: Int, until end: ContinuousClock.Instant) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.lastWaiting += 1
            return state.lastWaiting
        }
        let timer = Task { [weak self] in
            // Cancelled means that nobody waits any more.
            guard (try? await Task.sleep(until: end, clock: .continuous)) != nil else { return }
            self?.wake(id)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    // From `end` on the timer may have woken already.
                    guard state.count == seen, !Task.isCancelled, ContinuousClock.now < end else { return false }
                    state.waiting[id] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            wake(id)
        }
    }

    private func wake(_ id: Int) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
}
