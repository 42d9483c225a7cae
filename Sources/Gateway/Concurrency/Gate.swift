import Synchronization

/// Lets so many in at a time, in the order in which they took their places.
final class Gate: Sendable {
    private struct State {
        var inside: Set<Int> = []
        /// Those who wait, first come first.
        var line: [Int] = []
        var continuations: [Int: CheckedContinuation<Void, any Error>] = [:]
        var next = 0
    }

    /// How many may be inside.
    let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        precondition(limit > 0, "a gate nobody may pass is a wall")
        self.limit = limit
    }

    /// A place in the line. It must be left, whether it was waited for or not.
    struct Place: Sendable {
        fileprivate let gate: Gate
        fileprivate let id: Int

        /// Waits until it is this place's turn. Throws `CancellationError` when the task is cancelled, or the place
        /// was left meanwhile.
        func wait() async throws { try await gate.wait(for: id) }

        /// Makes room for the next. Leaving twice does nothing.
        func leave() { gate.leave(id) }
    }

    /// Takes a place at once: who calls first comes first.
    func takePlace() -> Place {
        let id = state.withLock { state in
            state.next += 1
            state.line.append(state.next)
            return state.next
        }
        advance()
        return Place(gate: self, id: id)
    }

    /// Runs `body` inside. Throws `CancellationError` when the task is cancelled while it waits.
    func pass<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let place = takePlace()
        defer { place.leave() }
        try await place.wait()
        return try await body()
    }

    /// Whether nobody is inside or waits.
    var isIdle: Bool { state.withLock { $0.inside.isEmpty && $0.line.isEmpty } }

    /// How many wait.
    var waitingCount: Int { state.withLock { $0.line.count } }

    private func wait(for id: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if state.inside.contains(id) { return .success(()) }
                    guard state.line.contains(id) else { return .failure(CancellationError()) }
                    state.continuations[id] = continuation
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
            try Task.checkCancellation()
        } onCancel: {
            leave(id)
        }
    }

    private func leave(_ id: Int) {
        let waiter = state.withLock { state in
            state.inside.remove(id)
            state.line.removeAll { $0 == id }
            return state.continuations.removeValue(forKey: id)
        }
        waiter?.resume(throwing: CancellationError())
        advance()
    }

    private func advance() {
        let admitted = state.withLock { state in
            var admitted: [CheckedContinuation<Void, any Error>] = []
            while state.inside.count < limit, !state.line.isEmpty {
                let id = state.line.removeFirst()
                state.inside.insert(id)
                if let waiter = state.continuations.removeValue(forKey: id) { admitted.append(waiter) }
            }
            return admitted
        }
        for waiter in admitted { waiter.resume() }
    }
}
