import JSON
import Testing

@testable import Time

/// Times and lengths of time, which nothing can take out of their range.
@Suite struct TimestampTests {
    private static let extremes: [Int64] = [
        .min, .min + 1, -1, 0, 1, 999, 1000, Timestamp.range.upperBound, Timestamp.range.upperBound + 1, .max - 1, .max,
    ]

    @Test(arguments: extremes) func `a number is a time from 1970 to 9999, or none`(number: Int64) {
        let time = Timestamp(milliseconds: number)
        #expect((time != nil) == (0...253_402_300_799_999).contains(number))
        #expect(Timestamp(clamping: number).milliseconds == min(max(number, 0), 253_402_300_799_999))
    }

    @Test(arguments: extremes, extremes) func `no sum and no difference leaves the range`(left: Int64, right: Int64) {
        let (time, other) = (Timestamp(clamping: left), Timestamp(clamping: right))
        for unit in TimeSpan.Unit.allCases {
            let span = TimeSpan(right, unit)
            #expect(span >= .zero && span <= .longest)
            #expect(Timestamp.range.contains((time + span).milliseconds) && time + span >= time)
            #expect(Timestamp.range.contains((time - span).milliseconds) && time - span <= time)
            #expect(span + TimeSpan(left, unit) <= .longest)
        }
        #expect(time.since(other) == (time > other ? min(time.since(.earliest), time.since(other)) : .zero))
        #expect(other + time.since(other) <= max(time, other))
    }

    @Test func `200 years can be slept through, and ten years scheduled`() async {
        #expect(TimeSpan.longest == TimeSpan(73_050, .days))
        #expect("\(TimeSpan.longestWait)" == "1d" && "\(TimeSpan.longestInterval)" == "3660d")
        #expect("\(TimeSpan(90, .minutes)) \(TimeSpan(1500, .milliseconds)) \(TimeSpan.zero)" == "90m 1500ms 0ms")
        // A timer for that time can be set.
        let sleeper = Task { try await Task.sleep(for: TimeSpan.longest.duration) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(ContinuousClock.now + TimeSpan.longest.duration > .now)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("2026-01-31T12:34:56.789Z", 1_769_862_896_789), ("1969-12-31T23:59:59Z", nil),
            ("10000-01-01T00:00:00Z", nil), ("999999999-01-01T00:00:00Z", nil),
            ("99999-99999-99999T99999:99999:99999Z", nil),
            ("0000-00-00T00:00:00Z", nil), ("----------------------Z", nil),
        ] as [(String, Int64?)])
    func `a text is a time from 1970 to 9999, or none`(text: String, milliseconds: Int64?) {
        #expect(RFC3339.time(text)?.milliseconds == milliseconds)
        guard let time = RFC3339.time(text) else { return }
        #expect(RFC3339.time(RFC3339.text(time)) == time)
    }

    @Test func `a clock outside of the range shows its nearest end`() {
        #expect(WallClock { .min }.now == .earliest)
        #expect(WallClock { .max }.now == .latest)
        #expect(WallClock { 5 }.milliseconds == 5)
    }

    @Test(
        arguments: [
            ("106751991167d", TimeSpan.longest), ("99999999999999999999999999d", .longest), ("0", .zero),
            ("3660d", .longestInterval),
        ])
    func `a length of time that is too long to be told is the longest`(text: String, span: TimeSpan) throws {
        #expect(try DurationText.span(text, unit: .minutes) == span)
    }
}
