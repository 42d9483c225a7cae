import JSON
import Testing

@testable import Gateway

@Test func `a request sent again is answered as the first time`() throws {
    let now = TestClock(at: 0)
    let cache = ResendCache(clock: now.clock)
    #expect(cache.claim("chat:1", interim: "in flight") == nil)
    #expect(cache.claim("chat:1", interim: "other") == .success("in flight"))
    #expect(cache.claim("agent:1", interim: nil) == nil)
    let failure = ProtocolError(.agentTimeout, "slow")
    cache.finish("chat:1", with: .failure(failure))
    #expect(cache.claim("chat:1", interim: "other") == .failure(failure))
    now.advance(by: ResendCache.lifetime)
    #expect(cache.claim("chat:1", interim: "again") == nil)
}

@Test func `what is being done is not begun again, however long it takes`() {
    let now = TestClock(at: 0)
    let cache = ResendCache(clock: now.clock)
    #expect(cache.claim("slow", interim: "running") == nil)
    for number in 0..<3 * ResendCache.limit {
        now.advance(by: 1000)
        #expect(cache.claim("\(number)", interim: nil) == nil)
        cache.finish("\(number)", with: .success(.null))
    }
    #expect(cache.claim("slow", interim: "other") == .success("running"))
}

@Test func `what was never begun may be begun`() {
    let cache = ResendCache(clock: .system)
    #expect(cache.claim("a", interim: nil) == nil)
    cache.release("a")
    #expect(cache.claim("a", interim: nil) == nil)
}

@Test func `a thousand answers are kept, the newest`() {
    let now = TestClock(at: 0)
    let cache = ResendCache(clock: now.clock)
    for number in 0...ResendCache.limit {
        now.advance(by: 1)
        _ = cache.claim("\(number)", interim: nil)
        cache.finish("\(number)", with: .success(.integer(Int64(number))))
    }
    _ = cache.claim("last", interim: nil)
    #expect(cache.claim("\(ResendCache.limit)", interim: nil) == .success(.integer(Int64(ResendCache.limit))))
    #expect(cache.claim("0", interim: nil) == nil)
}
