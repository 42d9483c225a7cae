import Testing

@testable import Gateway
@testable import Time

@Test func `the same refusal is kept once, with how often it came, and the newest last`() {
    let refusals = Refusals()
    refusals.add("/metrics", "no token", from: "203.0.113.7", at: 1)
    refusals.add("connect", "no token", from: "203.0.113.7", at: 2)
    refusals.add("/metrics", "no token", from: "203.0.113.7", at: 3)
    refusals.add("/metrics", "no token", from: "203.0.113.8", at: 4)
    #expect(refusals.all.map(\.count) == [1, 2, 1])
    #expect(refusals.all.map(\.route) == ["connect", "/metrics", "/metrics"])
    #expect(refusals.all[1].firstAt == 1)
    #expect(refusals.all[1].lastAt == 3)
}

@Test func `any number of refusals is kept in bounded memory, the newest`() {
    let refusals = Refusals()
    let reason = String(repeating: "é", count: 1000)
    for number in 1...1000 { refusals.add("connect", "\(number) \(reason)", from: "\(number)", at: 1) }
    #expect(refusals.all.map(\.address) == (1000 - Refusals.limit + 1...1000).map { "\($0)" })
    #expect(refusals.all.allSatisfy { $0.reason.utf8.count <= Refusals.reasonLimit && !$0.reason.contains("\u{FFFD}") })
}
