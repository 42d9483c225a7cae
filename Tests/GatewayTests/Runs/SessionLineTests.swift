import Testing

@testable import Gateway

@Test func `runs of a session are written down and answered in the order in which they were asked for`() async throws {
    let line = SessionLine()
    let places = (0..<20).map { _ in line.takePlace() }
    let (queued, answered) = (Shared<[Int]>([]), Shared<[Int]>([]))
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, place) in places.enumerated().reversed() {
            group.addTask {
                try await place.waitToQueue()
                queued.change { $0.append(index) }
                place.noteQueued()
                try await place.waitForTurn()
                answered.change { $0.append(index) }
                place.leave()
            }
        }
        try await group.waitForAll()
    }
    #expect(queued.value == Array(0..<20))
    #expect(answered.value == Array(0..<20))
    #expect(line.count == 0)
}

@Test func `one is written down while those before it are still answered, and answered after them`() async throws {
    let line = SessionLine()
    let (first, second) = (line.takePlace(), line.takePlace())
    try await first.waitToQueue()
    first.noteQueued()
    try await first.waitForTurn()
    try await second.waitToQueue()
    second.noteQueued()
    let order = Shared<[String]>([])
    async let turn: Void = {
        try await second.waitForTurn()
        order.change { $0.append("second") }
    }()
    order.change { $0.append("first") }
    first.leave()
    try await turn
    #expect(order.value == ["first", "second"])
}

@Test func `one that gives up in the middle lets nobody overtake those before it`() async throws {
    let line = SessionLine()
    let (first, second, third) = (line.takePlace(), line.takePlace(), line.takePlace())
    second.leave()
    let order = Shared<[String]>([])
    async let queueing: Void = {
        try await third.waitToQueue()
        order.change { $0.append("third") }
    }()
    try await first.waitToQueue()
    order.change { $0.append("first") }
    first.noteQueued()
    try await queueing
    #expect(order.value == ["first", "third"])
}

@Test func `one whose task is cancelled keeps its place until it leaves, and one that left waits for nothing`()
    async throws
{
    let line = SessionLine()
    let (first, second) = (line.takePlace(), line.takePlace())
    let waiting = Task { try await second.waitForTurn() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    #expect(line.count == 2)
    let queueing = Task { try await second.waitToQueue() }
    second.leave()
    second.leave()
    // Whether it waited yet or not.
    await #expect(throws: CancellationError.self) { try await queueing.value }
    await #expect(throws: CancellationError.self) { try await second.waitForTurn() }
    try await first.waitForTurn()
    first.leave()
    #expect(line.count == 0)
}
