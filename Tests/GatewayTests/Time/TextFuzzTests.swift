import Foundation
import Fuzzing
import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

/// Texts that stand for times, lengths of time and schedules, or nearly do.
@Suite struct TextFuzzTests {
    @Test func `any text is a time or a schedule that can be worked out, or none`() throws {
        let berlin = try? Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin"))
        for seed in FuzzRun("times") {
            var random = SplitMix(seed: seed)
            let text = random.soup()
            for unit in TimeSpan.Unit.allCases {
                if let span = try? DurationText.span(text, unit: unit) { #expect(span <= .longest, "seed \(seed)") }
            }
            if let time = RFC3339.time(text) { #expect(RFC3339.time(RFC3339.text(time)) == time, "seed \(seed)") }
            if let minutes = TimeOfDay.minutes(text) { #expect((0...1440).contains(minutes), "seed \(seed)") }
            var zone = PosixTimeZone(random.zone()).map { TimeZoneRules(rule: $0) } ?? .utc
            if let berlin, random.below(4) == 0 {
                var bytes = Array(berlin)
                for _ in 0...random.below(6) { random.damage(&bytes) }
                zone = TimeZoneRules(bytes) ?? zone
            }
            let now = Timestamp(clamping: random.one(of: SplitMix.extremeNumbers + [1_800_000_000_000]))
            _ = zone.offset(at: now.seconds)
            guard let expression = try? CronExpression(random.expression()) else { continue }
            if let next = expression.next(after: now.seconds, in: zone) { #expect(next > now.seconds, "seed \(seed)") }
        }
    }

    @Test func `whatever a program writes is a reply`() {
        for seed in FuzzRun("replies") {
            var random = SplitMix(seed: seed)
            var reader = ReplyReader(random.one(of: [.text, .json, .jsonl]), sessionFields: [])
            let line: JSON = [
                "result": "hi", "session_id": "s", "delta": "h",
                "message": ["content": [["type": "text", "text": "hi"]]],
                "usage": ["input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 1, "total_tokens": 12],
            ]
            for _ in 0..<random.below(4) {
                var bytes = Array((random.withExtreme(line).text() + "\n").utf8)
                if random.below(3) == 0 { random.damage(&bytes) }
                _ = reader.take(bytes)
            }
            reader.finish()
            if let sum = reader.usage?.sum { #expect(sum >= 0, "seed \(seed)") }
        }
    }
}

extension SplitMix {
    fileprivate mutating func soup() -> String {
        (0..<below(12)).map { _ in
            one(of: [
                "0", "9", "59", "2026", "99999", "-", "T", ":", ".", "Z", "d", "h", "ms", "m", "s", "e", "+", " ",
                "24:00",
                "9223372036854775807", "2026-01-31T12:34:56.789Z", "\u{0661}",
            ])
        }.joined()
    }

    fileprivate mutating func zone() -> String {
        var text = Array(
            one(of: [
                "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "EST5EDT,J60/167,365/-167", "A24:59:59B-24:59:59,0,0",
                "UTC0",
            ]).utf8)
        for _ in 0..<below(3) { damage(&text) }
        return String(decoding: text, as: UTF8.self)
    }

    fileprivate mutating func expression() -> String {
        (0..<(below(8) == 0 ? below(8) : 5 + below(2))).map { _ in
            one(of: [
                "*", "*", "*", "0", "59", "*/5", "*/9223372036854775807", "1-5", "5-1", "mon", "l", "?", "31", "2",
                "29",
                "1/0", "-1", "9223372036854775808", "0,1,2", ",", "7", "@hourly", "23", "1-5/2",
            ])
        }.joined(separator: " ")
    }
}
