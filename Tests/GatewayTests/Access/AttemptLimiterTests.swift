import Testing

@testable import Gateway

@Test func `wrong secrets are taken ten at once, and then one every six seconds`() {
    let now = TestClock(at: 1_000_000)
    let limiter = AttemptLimiter(clock: now.clock)
    for _ in 1...10 { #expect(limiter.failed("a") == nil) }
    // What is not taken does not count.
    for _ in 1...3 { #expect(limiter.failed("a") == 6000) }
    #expect(limiter.failed("b") == nil)
    now.advance(by: 5999)
    #expect(limiter.failed("a") == 6)
    now.advance(by: 1)
    #expect(limiter.failed("a") == nil)
    #expect(limiter.failed("a") != nil)
    now.advance(by: 60_000)
    for _ in 1...10 { #expect(limiter.failed("a") == nil) }
    #expect(limiter.failed("a") == 6000)
}

@Test func `a clock set back forgives nothing`() {
    let now = TestClock(at: 1_000_000)
    let limiter = AttemptLimiter(clock: now.clock)
    for _ in 1...10 { _ = limiter.failed("a") }
    now.advance(by: -500_000)
    #expect(limiter.failed("a") == 6000)
}

@Test func `any number of addresses is remembered in bounded memory, the busiest first`() {
    let now = TestClock(at: 0)
    let limiter = AttemptLimiter(clock: now.clock)
    for _ in 1...10 { _ = limiter.failed("old") }
    for number in 1...4096 {
        now.advance(by: 1)
        _ = limiter.failed("\(number)")
    }
    // The oldest made room, and nobody else.
    for _ in 1...9 { #expect(limiter.failed("1") == nil) }
    #expect(limiter.failed("1") != nil)
    #expect(limiter.failed("old") == nil)
}
