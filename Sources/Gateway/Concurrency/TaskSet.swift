import Synchronization

/// Tasks that outlive the call that started them, kept together so that the gateway's end is theirs.
final class TaskSet: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Runs `body` in a task of its own; cancelled at once when the set already is.
    @discardableResult
    func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        state.withLock { state in
            let id = state.next
            state.next += 1
            // It cannot end before it is kept: its end waits for this lock.
            let task = Task {
                await body()
                _ = self.state.withLock { $0.tasks.removeValue(forKey: id) }
            }
            state.tasks[id] = task
            if state.isCancelled { task.cancel() }
            return task
        }
    }

    /// Cancels all tasks, also those yet to come.
    func cancel() {
        let tasks = state.withLock { state in
            state.isCancelled = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    /// Waits for all tasks to end.
    func drain() async {
        while let task = state.withLock({ $0.tasks.first?.value }) { await task.value }
    }
}
