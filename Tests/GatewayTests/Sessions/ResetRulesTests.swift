import Glibc
import Testing

@testable import Gateway
@testable import Time

private let direct = SessionKey(agent: "main", rest: "main")
private let group = SessionKey(agent: "main", rest: "telegram:group:g")

/// A time at this place.
private func local(_ day: Int32, _ hour: Int32, _ minute: Int32 = 0) -> Timestamp {
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_min) = (126, 0, day, hour, minute)
    parts.tm_isdst = -1
    return Timestamp(clamping: Int64(mktime(&parts)) * 1000)
}

@Test func `without a rule a conversation begins anew at four in the morning`() {
    let policy = ResetRules().policy(for: direct)
    #expect(policy == ResetPolicy(dailyHour: 4, silence: nil))
    #expect(policy.isOver(updatedAt: local(10, 3, 59), now: local(10, 4)))
    #expect(policy.isOver(updatedAt: local(8, 12), now: local(10, 3)))
    #expect(!policy.isOver(updatedAt: local(10, 4), now: local(11, 3, 59)))
    #expect(!policy.isOver(updatedAt: local(9, 4), now: local(10, 3, 59)))
}

@Test func `silence counts from the last use`() {
    let policy = ResetPolicy(dailyHour: nil, silence: TimeSpan(60, .minutes))
    #expect(!policy.isOver(updatedAt: local(10, 12), now: local(10, 13)))
    #expect(policy.isOver(updatedAt: local(10, 12), now: local(10, 13) + TimeSpan(1, .milliseconds)))
}

@Test func `with an hour and a silence, whichever comes first counts`() {
    let policy = ResetPolicy(dailyHour: 4, silence: TimeSpan(60, .minutes))
    #expect(policy.isOver(updatedAt: local(10, 3, 50), now: local(10, 4, 10)))
    #expect(policy.isOver(updatedAt: local(10, 12), now: local(10, 14)))
    #expect(!policy.isOver(updatedAt: local(10, 12), now: local(10, 12, 30)))
}

@Test func `the nearest rule counts, and what it leaves out the next one says`() {
    var rules = ResetRules()
    rules.silence = TimeSpan(90, .minutes)
    #expect(rules.policy(for: direct) == ResetPolicy(dailyHour: nil, silence: TimeSpan(90, .minutes)))
    rules.general = .init(hour: 6)
    #expect(rules.policy(for: direct) == ResetPolicy(dailyHour: 6, silence: TimeSpan(90, .minutes)))
    rules.byKind[.group] = .init(mode: .idle)
    #expect(rules.policy(for: group) == ResetPolicy(dailyHour: nil, silence: TimeSpan(90, .minutes)))
    #expect(rules.policy(for: direct) == ResetPolicy(dailyHour: 6, silence: TimeSpan(90, .minutes)))
    rules.byKind[.thread] = .init(mode: .idle, silence: TimeSpan(5, .minutes))
    #expect(rules.policy(for: group.thread("t")) == ResetPolicy(dailyHour: nil, silence: TimeSpan(5, .minutes)))
    rules.byChannel["telegram"] = .init(mode: .daily, hour: 9)
    #expect(rules.policy(for: group) == ResetPolicy(dailyHour: 9, silence: nil))
    #expect(rules.policy(for: direct, channel: "telegram") == ResetPolicy(dailyHour: 9, silence: nil))
}

@Test func `silence without a number is an hour`() {
    var rules = ResetRules()
    rules.general = .init(mode: .idle)
    #expect(rules.policy(for: direct) == ResetPolicy(dailyHour: nil, silence: TimeSpan(60, .minutes)))
}

@Test(
    .enabled(if: TimeZoneRules.areInstalled, "this host has no tzdata"),
    arguments: [
        // Clocks went from 2:00 to 3:00, and from 3:00 back to 2:00.
        ("2026-03-29T12:00:00Z", 2, "2026-03-29T01:00:00.000Z"),
        ("2026-03-29T00:59:59Z", 2, "2026-03-28T01:00:00.000Z"),
        ("2026-10-25T12:00:00Z", 2, "2026-10-25T00:00:00.000Z"),
        ("2026-10-25T12:00:00Z", 4, "2026-10-25T03:00:00.000Z"),
        ("2026-07-01T01:59:59Z", 4, "2026-06-30T02:00:00.000Z"),
        ("2026-07-01T02:00:00Z", 4, "2026-07-01T02:00:00.000Z"),
        ("1970-01-01T00:30:00Z", 4, "1970-01-01T00:00:00.000Z"),
    ])
func `the hour is that of the place, also when its clocks are changed`(now: String, hour: Int, last: String) throws {
    let zone = try #require(TimeZoneRules.named("Europe/Berlin"))
    #expect(RFC3339.text(ResetPolicy.last(hour: hour, before: try #require(RFC3339.time(now)), in: zone)) == last)
}

@Test func `the hour of this place is the one that the C library tells`() {
    for hour in [0, 4, 23] {
        for day in 1...28 as ClosedRange<Int32> {
            #expect(ResetPolicy.last(hour: hour, before: local(day, Int32(hour), 30)) == local(day, Int32(hour)))
            #expect(ResetPolicy.last(hour: hour, before: local(day, 0)) <= local(day, 0))
        }
    }
}
