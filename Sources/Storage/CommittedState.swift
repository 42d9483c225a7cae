import Dispatch
package import Files
import Synchronization

/// A value in memory that is the same on disk: a change counts once it is kept.
///
/// Whoever looks never waits for the disk. Changes are made one after the other on a thread of their own, so that no
/// event loop waits for it either.
package final class CommittedState<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    private let changes: DispatchQueue

    /// A value that is on disk already. `label` names the thread in debuggers.
    package init(_ value: Value, label: String) {
        self.value = Mutex(value)
        changes = DispatchQueue(label: label)
    }

    /// What `body` finds.
    package func read<Result: Sendable>(_ body: (Value) -> Result) -> Result {
        value.withLock { body($0) }
    }

    /// Has `change` change a copy and keep it; then that is the value. When it throws, nothing has changed.
    package func commit<Result: Sendable>(
        _ change: @escaping @Sendable (inout Value) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        let result: Swift.Result<Result, StorageError> = await withCheckedContinuation { continuation in
            changes.async { [self] in
                var copy = value.withLock { $0 }
                do throws(StorageError) {
                    let result = try change(&copy)
                    value.withLock { $0 = copy }
                    continuation.resume(returning: .success(result))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
