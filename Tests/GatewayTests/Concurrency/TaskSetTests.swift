import Synchronization
import Testing

@testable import Gateway

@Suite struct TaskSetTests {
    @Test func `draining waits for all, also those that are begun by others`() async {
        let tasks = TaskSet()
        let count = Atomic(0)
        for _ in 1...20 {
            tasks.start {
                await Task.yield()
                tasks.start { count.add(1, ordering: .relaxed) }
                count.add(1, ordering: .relaxed)
            }
        }
        await tasks.drain()
        #expect(count.load(ordering: .relaxed) == 40)
        await tasks.drain()
    }

    @Test func `cancelling reaches those that run and those to come`() async {
        let tasks = TaskSet()
        let begun = Awaited<Bool>()
        let running = tasks.start {
            begun.fulfil(true)
            // Only cancelling ends it.
            try? await Task.sleep(for: .seconds(86_400))
            #expect(Task.isCancelled)
        }
        _ = try? await begun.wait()
        tasks.cancel()
        await running.value
        await tasks.start { #expect(Task.isCancelled) }.value
        await tasks.drain()
    }
}
