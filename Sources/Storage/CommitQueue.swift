import GRDB
import Synchronization

/// Changes that wait for the writer. Those that wait together share one transaction, and so one flush to disk.
///
/// A flush takes far longer than a change, and while it lasts more changes come in: the slower the disk, the more of
/// them share the next one. Each is kept apart from the others by a savepoint, so that one that fails takes nothing
/// with it.
final class CommitQueue: Sendable {
    private struct Job: Sendable {
        /// Does the change, and returns what went wrong, and whom to tell when the commit is through.
        let run: @Sendable (Database) -> (fault: (any Error)?, tell: @Sendable () -> Void)
        /// Tells that nothing came of it.
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isDraining = false
    }

    private let pool: DatabasePool
    private let state = Mutex(State())

    /// How many changes share a transaction at most: more make the first wait without making a flush cheaper.
    private static let batchLimit = 512

    init(pool: DatabasePool) {
        self.pool = pool
    }

    /// Queues `body`; `done` hears when it is on disk, or why it is not. Returns at once.
    func submit<Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Value,
        done: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let job = Job { database in
            let result = Result {
                var value: Value?
                try database.inSavepoint {
                    value = try body(Transaction(database))
                    return .commit
                }
                guard let value else { preconditionFailure("a committed savepoint has a value") }
                return value
            }
            return (result.fault, { done(result) })
        } fail: {
            done(.failure($0))
        }
        let mustStart = state.withLock { state in
            state.waiting.append(job)
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustStart { drain() }
    }

    /// One batch, and then the next, until nobody waits. Other users of the writer get their turn in between.
    private func drain() {
        pool.asyncWriteWithoutTransaction { [self] database in
            let batch = state.withLock { state in
                let batch = state.waiting.prefix(Self.batchLimit)
                state.waiting.removeFirst(batch.count)
                return batch
            }
            run(batch, on: database)
            let isDone = state.withLock { state in
                state.isDraining = !state.waiting.isEmpty
                return !state.isDraining
            }
            if !isDone { drain() }
        }
    }

    private func run(_ batch: ArraySlice<Job>, on database: Database) {
        var finished: [@Sendable () -> Void] = []
        do {
            try database.inTransaction(.immediate) {
                for job in batch {
                    let (fault, tell) = job.run(database)
                    finished.append(tell)
                    // A full or failing disk makes SQLite take back everything, earlier changes included.
                    if let fault, !database.isInsideTransaction { throw fault }
                }
                return .commit
            }
        } catch {
            for job in batch { job.fail(error) }
            return
        }
        for tell in finished { tell() }
    }
}

extension Result {
    fileprivate var fault: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
