import Policy
import Testing

@Suite struct RecordLimiterTests {
    private func permit(_ rule: String, at time: Int64) -> Permit {
        Permit(time: time, processID: 1, processIDInside: 2, program: "p", act: "a", rule: rule)
    }

    @Test func `the first of a rule are reported one by one, and of the rest one counts all`() {
        var limiter = RecordLimiter<Permit>()
        for _ in 0..<RecordLimiter<Permit>.burst { #expect(limiter.take(permit("r", at: 100))?.count == 1) }
        #expect(!limiter.holdsBack)
        for _ in 0..<1000 { #expect(limiter.take(permit("r", at: 101)) == nil) }
        #expect(limiter.holdsBack)
        #expect(limiter.due(at: 100 + RecordLimiter<Permit>.pause - 1).isEmpty)
        #expect(limiter.due(at: 100 + RecordLimiter<Permit>.pause).map(\.count) == [1000])
        #expect(!limiter.holdsBack)
    }

    @Test func `no act is lost, whenever it is reported`() {
        var limiter = RecordLimiter<Permit>()
        var (reported, time): (Int, Int64) = (0, 0)
        for number in 0..<5000 {
            time += number % 7 == 0 ? 1 : 0
            reported += limiter.take(permit("r\(number % 3)", at: time))?.count ?? 0
            if number % 100 == 0 { reported += limiter.due(at: time).reduce(0) { $0 + $1.count } }
        }
        reported += limiter.due(at: time, atEnd: true).reduce(0) { $0 + $1.count }
        #expect(reported == 5000)
        #expect(!limiter.holdsBack)
    }

    @Test func `a rule holds no other back, and speaks freely again after a while`() {
        var limiter = RecordLimiter<Permit>()
        for _ in 0...RecordLimiter<Permit>.burst { _ = limiter.take(permit("loud", at: 0)) }
        #expect(limiter.take(permit("quiet", at: 0))?.count == 1)
        let pause = RecordLimiter<Permit>.pause
        #expect(limiter.due(at: pause).map(\.rule) == ["loud"])
        for _ in 0..<RecordLimiter<Permit>.burst { #expect(limiter.take(permit("loud", at: 2 * pause))?.count == 1) }
        #expect(limiter.take(permit("loud", at: 2 * pause)) == nil)
    }
}
