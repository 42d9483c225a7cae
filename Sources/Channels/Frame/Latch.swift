import Synchronization

/// A condition that comes and goes, and those who wait for it, or for the end of all hope of it.
final class Latch: Sendable {
    private enum Condition {
        case closed
        case open
        /// It never opens again, for this reason.
        case broken(ChannelFailure)
    }

    private struct State {
        var condition = Condition.closed
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    func open() { change(to: .open) }
    func close() { state.withLock { $0.condition = .closed } }
    func breakDown(_ failure: ChannelFailure) { change(to: .broken(failure)) }

    private func change(to condition: Condition) {
        let waiting = state.withLock { state in
            state.condition = condition
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for waiter in waiting {
            if case .broken(let failure) = condition { waiter.resume(throwing: failure) } else { waiter.resume() }
        }
    }

    /// Returns when it is open. Throws `ChannelFailure` when it never will be, and `CancellationError`.
    func wait() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    switch state.condition {
                    case .open: return .success(())
                    case .broken(let failure): return .failure(failure)
                    case .closed:
                        if Task.isCancelled { return .failure(CancellationError()) }
                        state.waiting[id] = continuation
                        return nil
                    }
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
