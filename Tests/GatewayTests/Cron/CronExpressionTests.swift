import Testing

@testable import Gateway
@testable import Time

/// Seconds since 1970 of a time in UTC.
private func seconds(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0)
    -> Int64
{
    Int64(CivilDate(year: year, month: month, day: day).daysSince1970) * 86_400
        + Int64(hour * 3600 + minute * 60 + second)
}

private func text(_ time: Int64?) -> String? {
    time.map { String(RFC3339.text(Timestamp(clamping: $0 * 1000)).dropLast(5)) }
}

/// Central Europe, as a rule.
private func berlin() throws -> TimeZoneRules {
    TimeZoneRules(rule: try #require(PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3")))
}

@Test(
    arguments: [
        ("* * * * *", "2026-01-01T00:01:00"), ("*/15 * * * *", "2026-01-01T00:15:00"),
        ("0 9 * * *", "2026-01-01T09:00:00"), ("0 0 * * *", "2026-01-02T00:00:00"),
        ("30 4 2,15 * 6", "2026-01-02T04:30:00"), ("30 4 9,15 * 5", "2026-01-02T04:30:00"),
        ("0 0 1 * *", "2026-02-01T00:00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00:00"), ("0 0 31 * *", "2026-01-31T00:00:00"),
        ("0 0 L * *", "2026-01-31T00:00:00"),
        ("0 0 l 2 *", "2026-02-28T00:00:00"), ("0 12 * * MON-FRI", "2026-01-01T12:00:00"),
        ("0 12 * * 0", "2026-01-04T12:00:00"), ("0 12 * * 7", "2026-01-04T12:00:00"),
        ("0 12 * * sun", "2026-01-04T12:00:00"),
        ("0 12 * * 5-7", "2026-01-02T12:00:00"), ("0 12 * dec ?", "2026-12-01T12:00:00"),
        ("5/20 * * * *", "2026-01-01T00:05:00"), ("10-30/10 8-10 * * *", "2026-01-01T08:10:00"),
        ("15 0 * * * *", "2026-01-01T00:00:15"), ("*/20 * * * * *", "2026-01-01T00:00:20"),
        ("@hourly", "2026-01-01T01:00:00"), ("@yearly", "2027-01-01T00:00:00"), ("0 0 13 * 5", "2026-01-02T00:00:00"),
        ("0 0 30 2 *", nil), ("0 0 */2 * mon", "2026-01-05T00:00:00"),
    ] as [(String, String?)])
func `the next time is the first that every field allows`(expression: String, expected: String?) throws {
    let expression = try CronExpression(expression)
    #expect(text(expression.next(after: seconds(2026, 1, 1), in: .utc)) == expected)
}

/// Every expression whose hours are not restricted is due at every moment at which the clock shows one of its minutes:
/// the clock asked minute by minute, over both changes of a year.
@Test(arguments: ["* * * * *", "*/7 * * * *", "0 * * * *", "13,59 * * * *", "30 * 29 3 *", "5 * * * sun"])
func `what is due every hour is due whenever the clock shows it`(text: String) throws {
    let (expression, zone) = (try CronExpression(text), try berlin())
    for start in [seconds(2026, 3, 28, 20), seconds(2026, 10, 24, 20)] {
        let minutes = (0..<(12 * 60)).map { start + Int64($0) * 60 }
        let expected = minutes.dropFirst().filter { time in
            // Asked in universal time, where no clock changes: is the time shown itself due?
            let shown = time + Int64(zone.offset(at: time))
            return expression.next(after: shown - 1, in: .utc) == shown
        }
        var found: [Int64] = []
        var time = start
        while let next = expression.next(after: time, in: zone), next <= minutes[minutes.count - 1] {
            found.append(next)
            time = next
        }
        #expect(found == expected, "\(text)")
    }
}

@Test(arguments: [
    ("60 * * * *", "\"60\" is no minute; expected 0 to 59"), ("* * 0 * *", "\"0\" is no day; expected 1 to 31"),
    ("* * * foo *", "\"foo\" is no month; expected 1 to 12"),
    ("* * * * 1-9", "\"9\" is no weekday; expected 0 to 7"),
    ("61 * * * * *", "\"61\" is no second; expected 0 to 59"),
    ("* */0 * * *", "\"0\" is no step of hours; expected 1 or more"),
    ("9-3 * * * *", "\"9-3\" begins after its end"), ("1,,2 * * * *", "\"\" is no minute; expected 0 to 59"),
])
func `a fault in an expression names its place`(text: String, fault: String) {
    #expect(throws: CronExpression.Fault(description: fault)) { try CronExpression(text) }
}

@Test(arguments: [
    "", "* * * *", "* * * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 * ", "* * * * 8",
    "a * * * *", "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *", "-1 * * * *", "1- * * * *", "* * * foo *",
    "@fortnightly",
    "@daily x", "1/ * * * *", "+1 * * * *", "٣ * * * *",
])
func `what is no expression is refused, with the reason`(expression: String) {
    #expect { try CronExpression(expression) } throws: { !"\($0)".isEmpty }
}

@Test func `times follow each other without gap or repetition`() throws {
    let expression = try CronExpression("*/7 */5 * * *")
    var time = seconds(2026, 1, 1)
    var found: [Int64] = []
    while found.count < 100, let next = expression.next(after: time, in: .utc) {
        found.append(next)
        time = next
    }
    let minutes = (1...20_000).map { seconds(2026, 1, 1) + Int64($0) * 60 }
    let expected = minutes.filter { (time: Int64) -> Bool in
        let (minute, hour) = (time / 60 % 60, time / 3600 % 24)
        return minute % 7 == 0 && hour % 5 == 0
    }
    #expect(found == Array(expected.prefix(100)))
}

@Test(
    arguments: [
        // Clocks go from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
        ("30 2 * * *", seconds(2026, 3, 28, 12), ["2026-03-29T01:30:00", "2026-03-30T00:30:00"]),
        // Asked after the change, before it is due.
        ("30 2 * * *", seconds(2026, 3, 29, 1, 10), ["2026-03-29T01:30:00", "2026-03-30T00:30:00"]),
        ("10 2,3 * * *", seconds(2026, 3, 28, 12), ["2026-03-29T01:10:00", "2026-03-30T00:10:00"]),
        (
            "0 * * * *", seconds(2026, 3, 28, 23, 30),
            ["2026-03-29T00:00:00", "2026-03-29T01:00:00", "2026-03-29T02:00:00"]
        ),
        // They go from 03:00 to 02:00 on 25 October 2026, at 01:00 UTC.
        ("30 2 * * *", seconds(2026, 10, 24, 12), ["2026-10-25T00:30:00", "2026-10-26T01:30:00"]),
        (
            "0 */2 * * *", seconds(2026, 10, 24, 23),
            ["2026-10-25T00:00:00", "2026-10-25T01:00:00", "2026-10-25T03:00:00"]
        ),
        ("0 9 * * *", seconds(2026, 10, 24, 12), ["2026-10-25T08:00:00", "2026-10-26T08:00:00"]),
        (
            "*/30 * * * *", seconds(2026, 10, 24, 23, 59),
            [
                "2026-10-25T00:00:00", "2026-10-25T00:30:00", "2026-10-25T01:00:00", "2026-10-25T01:30:00",
                "2026-10-25T02:00:00",
            ]
        ),
    ] as [(String, Int64, [String])])
func `clocks put forward and back lose nothing and repeat nothing`(expression: String, start: Int64, expected: [String])
    throws
{
    let (expression, zone) = (try CronExpression(expression), try berlin())
    var time = start
    for moment in expected {
        let next = try #require(expression.next(after: time, in: zone))
        #expect(text(next) == moment)
        time = next
    }
}
