/// Waiting that comes to an end.
enum Deadline {
    /// What `body` returns; nil when it takes longer than `time`, and is cancelled then. Throws what `body` throws.
    static func value<Value: Sendable>(
        within time: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: time)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
