import Synchronization
import Testing

@testable import Gateway
@testable import Time

@Suite struct AlarmTests {
    /// Counts how often it was called, and lets others wait for a number.
    private final class Counter: Sendable {
        private let count = Mutex(0)
        private let reached: [Awaited<Bool>]

        init(upTo most: Int) { reached = (0..<most).map { _ in Awaited() } }

        var value: Int { count.withLock { $0 } }

        func add() {
            let number = count.withLock { count in
                count += 1
                return count
            }
            if number <= reached.count { reached[number - 1].fulfil(true) }
        }

        func wait(for number: Int) async throws { _ = try await reached[number - 1].wait() }
    }

    @Test func `work is done at once, and again whenever it rings`() async throws {
        let (alarm, counter) = (Alarm(), Counter(upTo: 3))
        let serving = Task { await alarm.serve(untilNext: { nil }) { counter.add() } }
        for number in 1...3 {
            try await counter.wait(for: number)
            #expect(counter.value == number)
            alarm.ring()
        }
        serving.cancel()
        await serving.value
    }

    @Test func `work is done when its time has come`() async throws {
        let (alarm, counter) = (Alarm(), Counter(upTo: 2))
        let serving = Task { await alarm.serve(untilNext: { TimeSpan(1, .milliseconds) }) { counter.add() } }
        try await counter.wait(for: 2)
        serving.cancel()
        await serving.value
    }

    @Test func `what rings before anybody sleeps is not missed`() async throws {
        let (alarm, counter) = (Alarm(), Counter(upTo: 2))
        alarm.ring()
        let serving = Task { await alarm.serve(untilNext: { nil }) { counter.add() } }
        try await counter.wait(for: 2)
        serving.cancel()
        await serving.value
    }

    @Test func `an alarm serves one, and ends with that task`() async throws {
        let (alarm, counter) = (Alarm(), Counter(upTo: 1))
        let serving = Task { await alarm.serve(untilNext: { nil }) { counter.add() } }
        try await counter.wait(for: 1)
        await alarm.serve(untilNext: { nil }) { Issue.record("a second one is served") }
        serving.cancel()
        await serving.value
    }
}
