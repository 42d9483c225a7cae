import Testing

@testable import Gateway

@Test func `those who took a place are let in in that order`() async throws {
    let gate = Gate(limit: 1)
    let places = (0..<20).map { _ in gate.takePlace() }
    let order = Shared<[Int]>([])
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, place) in places.enumerated().reversed() {
            group.addTask {
                try await place.wait()
                order.change { $0.append(index) }
                place.leave()
            }
        }
        try await group.waitForAll()
    }
    #expect(order.value == Array(0..<20))
    #expect(gate.isIdle)
}

@Test func `no more are inside than may be`() async throws {
    let gate = Gate(limit: 3)
    let inside = Shared((now: 0, most: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<50 {
            group.addTask {
                try await gate.pass {
                    inside.change { inside in
                        inside.now += 1
                        inside.most = max(inside.most, inside.now)
                    }
                    await Task.yield()
                    inside.change { $0.now -= 1 }
                }
            }
        }
        try await group.waitForAll()
    }
    #expect(inside.value.most <= 3)
    #expect(gate.isIdle)
}

@Test func `one who gives up waiting holds up nobody`() async throws {
    let gate = Gate(limit: 1)
    let first = gate.takePlace()
    try await first.wait()
    let second = gate.takePlace()
    let third = gate.takePlace()
    let waiting = Task { try await second.wait() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    first.leave()
    try await third.wait()
    third.leave()
    third.leave()
    #expect(gate.isIdle)
}

@Test func `a place that was left is not waited for`() async {
    let gate = Gate(limit: 1)
    let place = gate.takePlace()
    place.leave()
    await #expect(throws: CancellationError.self) { try await place.wait() }
    #expect(gate.isIdle)
}
