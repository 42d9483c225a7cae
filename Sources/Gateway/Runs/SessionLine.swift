import Synchronization

/// The runs of one session, in the order in which they were asked for: each is written down after those before it, and answered
/// after them.
final class SessionLine: Sendable {
    private struct Standing {
        let id: Int
        /// Whether its message stands in the writer's queue.
        var isQueued = false
    }

    /// What a run waits for.
    private enum Goal {
        /// That all before it stand in the writer's queue.
        case queueing
        /// That nobody stands before it.
        case turn
    }

    private struct Wait: Hashable {
        let id: Int
        let goal: Goal
    }

    private struct State {
        /// First come first.
        var standing: [Standing] = []
        var waiting: [Wait: CheckedContinuation<Void, any Error>] = [:]
        var next = 0

        /// Who has reached `goal` last; only one can have since anything changed.
        func latest(_ goal: Goal) -> Int? {
            switch goal {
            case .queueing: standing.first { !$0.isQueued }?.id
            case .turn: standing.first?.id
            }
        }

        func hasReached(_ goal: Goal, _ id: Int) -> Bool {
            switch goal {
            case .queueing: standing.prefix { $0.id != id }.allSatisfy(\.isQueued)
            case .turn: standing.first?.id == id
            }
        }
    }

    private let state = Mutex(State())

    /// A run's place. It must be left in the end, whatever became of the run.
    struct Place: Sendable {
        fileprivate let line: SessionLine
        fileprivate let id: Int

        /// Waits until the messages of all runs before it stand in the writer's queue: the transcript has them in the
        /// order in which they came. Throws `CancellationError` when the task is cancelled, or the place was left meanwhile.
        func waitToQueue() async throws { try await line.wait(Wait(id: id, goal: .queueing)) }

        /// Whether nobody stands before it.
        var isFirst: Bool { line.state.withLock { $0.hasReached(.turn, id) } }

        /// Its message stands in the writer's queue.
        func noteQueued() { line.noteQueued(id) }

        /// Waits until every run before it has left. Throws as `waitToQueue` does.
        func waitForTurn() async throws { try await line.wait(Wait(id: id, goal: .turn)) }

        /// Makes room for the next. Leaving twice does nothing.
        func leave() { line.leave(id) }
    }

    /// Takes the last place at once: who calls first comes first.
    func takePlace() -> Place {
        let id = state.withLock { state in
            state.next += 1
            state.standing.append(Standing(id: state.next))
            return state.next
        }
        return Place(line: self, id: id)
    }

    /// How many stand in it.
    var count: Int { state.withLock { $0.standing.count } }

    private func wait(_ wait: Wait) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    guard state.standing.contains(where: { $0.id == wait.id }) else {
                        return .failure(CancellationError())
                    }
                    if state.hasReached(wait.goal, wait.id) { return .success(()) }
                    // The handler below ran already, or will find the continuation.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiting[wait] = continuation
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
            try Task.checkCancellation()
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: wait) }?.resume(throwing: CancellationError())
        }
    }

    private func noteQueued(_ id: Int) {
        change { state in
            guard let index = state.standing.firstIndex(where: { $0.id == id }) else { return }
            state.standing[index].isQueued = true
        }
    }

    private func leave(_ id: Int) {
        let waiters = state.withLock { state in
            [Goal.queueing, .turn].compactMap { state.waiting.removeValue(forKey: Wait(id: id, goal: $0)) }
        }
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
        change { $0.standing.removeAll { $0.id == id } }
    }

    /// Makes a change, and wakes those who have reached what they wait for by it.
    private func change(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            return [Goal.queueing, .turn].compactMap { goal in
                state.latest(goal).flatMap { state.waiting.removeValue(forKey: Wait(id: $0, goal: goal)) }
            }
        }
        for waiter in waiters { waiter.resume() }
    }
}
