import Testing

@testable import Gateway

@Suite struct AwaitedTests {
    @Test func `those who wait and those who come later get the first value, and no second`() async throws {
        let awaited = Awaited<Int>()
        #expect(awaited.current == nil)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 1...10 { group.addTask { try await awaited.wait() } }
            #expect(awaited.fulfil(1))
            #expect(!awaited.fulfil(2))
            for try await value in group { #expect(value == 1) }
        }
        try await #expect(awaited.wait() == 1)
        try await #expect(awaited.wait(atMost: .zero) == 1)
        #expect(awaited.current == 1)
    }

    @Test func `who is cancelled waits no longer, and others go on`() async throws {
        let awaited = Awaited<Int>()
        let cancelled = Task { try await awaited.wait() }
        let other = Task { try await awaited.wait() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        awaited.fulfil(3)
        try await #expect(other.value == 3)
        // Cancelled before it began to wait.
        let never = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await Awaited<Int>().wait()
        }
        await #expect(throws: CancellationError.self) { try await never.value }
    }

    @Test func `a value that does not come in time is none, and may still come`() async throws {
        let awaited = Awaited<Int>()
        try await #expect(awaited.wait(atMost: .milliseconds(1)) == nil)
        awaited.fulfil(4)
        try await #expect(awaited.wait(atMost: .seconds(60)) == 4)
    }
}
