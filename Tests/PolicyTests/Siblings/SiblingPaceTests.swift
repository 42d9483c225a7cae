import Policy
import Testing

@Suite struct SiblingPaceTests {
    @Test func `as many start at once as may, and then one in each interval`() {
        var pace = SiblingPace()
        let start: Int64 = 7_000_000_000
        for _ in 0..<SiblingPace.burst { #expect(pace.take(at: start) == nil) }
        #expect(pace.take(at: start)?.rule == "sibling-pace")
        #expect(pace.take(at: start)?.remedy.contains("in 1 s") == true)
        #expect(pace.take(at: start + SiblingPace.interval - 1) != nil)
        // What is refused does not count.
        #expect(pace.take(at: start + SiblingPace.interval) == nil)
        #expect(pace.take(at: start + SiblingPace.interval) != nil)
        #expect(pace.take(at: start + 3 * SiblingPace.interval) == nil)
        #expect(pace.take(at: start + 3 * SiblingPace.interval) == nil)
        #expect(pace.take(at: start + 3 * SiblingPace.interval) != nil)
    }

    @Test func `who has asked for none for long may start no more at once`() {
        var pace = SiblingPace()
        for time in [0, 1_000_000_000_000] as [Int64] {
            for _ in 0..<SiblingPace.burst { #expect(pace.take(at: time) == nil) }
            #expect(pace.take(at: time) != nil)
        }
    }
}
