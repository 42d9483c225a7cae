import Synchronization
import Time

/// Tasks that wait for something another connection will tell.
final class Waiters<Value: Sendable>: Sendable {
    private let waiting = Mutex<[String: CheckedContinuation<Value?, Never>]>([:])

    /// What `id` is resolved with; nil when that does not come within `timeout`, or the task is cancelled.
    ///
    /// `id` must be new. `start` runs as soon as an answer would be heard.
    func value(of id: String, within timeout: TimeSpan, start: @Sendable () -> Void) async -> Value? {
        let timer = Task { [self] in
            guard (try? await Task.sleep(for: timeout.duration)) != nil else { return }
            _ = resolve(id, with: nil)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiting.withLock { $0[id] = continuation }
                // Cancelled before it was kept, it would wait for ever.
                if Task.isCancelled { _ = resolve(id, with: nil) } else { start() }
            }
        } onCancel: {
            _ = resolve(id, with: nil)
        }
    }

    /// Ends the waiting for `id`. Returns whether somebody waited.
    func resolve(_ id: String, with value: Value?) -> Bool {
        guard let continuation = waiting.withLock({ $0.removeValue(forKey: id) }) else { return false }
        continuation.resume(returning: value)
        return true
    }
}
