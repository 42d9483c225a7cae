import Testing

@testable import Gateway
@testable import Time

@Suite struct WaitersTests {
    @Test func `who waits is told what it is resolved with, once`() async {
        let waiters = Waiters<Int>()
        let value = await waiters.value(of: "a", within: .longestWait) {
            #expect(waiters.resolve("a", with: 1))
            #expect(!waiters.resolve("a", with: 2))
            #expect(!waiters.resolve("b", with: 3))
        }
        #expect(value == 1)
        #expect(!waiters.resolve("a", with: 4))
    }

    @Test func `what does not come in time is nothing, and nobody waits for it any more`() async {
        let waiters = Waiters<Int>()
        await #expect(waiters.value(of: "a", within: TimeSpan(1, .milliseconds)) {} == nil)
        #expect(!waiters.resolve("a", with: 1))
    }

    @Test func `who is cancelled hears nothing, and what it waits for is not begun`() async {
        let waiters = Waiters<Int>()
        let begun = Awaited<Bool>()
        let waiting = Task { await waiters.value(of: "a", within: .longestWait) { begun.fulfil(true) } }
        _ = try? await begun.wait()
        waiting.cancel()
        await #expect(waiting.value == nil)
        #expect(!waiters.resolve("a", with: 1))
        let never = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await waiters.value(of: "b", within: .longestWait) { Issue.record("it is begun") }
        }
        await #expect(never.value == nil)
        #expect(!waiters.resolve("b", with: 1))
    }
}
