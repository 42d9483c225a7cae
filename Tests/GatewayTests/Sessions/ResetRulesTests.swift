import Glibc
import Testing

@testable import Gateway

private let direct = SessionKey(agent: "main", rest: "main")
private let group = SessionKey(agent: "main", rest: "telegram:group:g")

/// Milliseconds since 1970 at this place's time.
private func local(_ day: Int32, _ hour: Int32, _ minute: Int32 = 0) -> Int64 {
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_min) = (126, 0, day, hour, minute)
    parts.tm_isdst = -1
    return Int64(mktime(&parts)) * 1000
}

@Test func `without a rule a conversation begins anew at four in the morning`() {
    let policy = ResetRules().policy(for: direct)
    #expect(policy == ResetPolicy(dailyHour: 4, idleMinutes: nil))
    #expect(policy.isOver(updatedAt: local(10, 3, 59), now: local(10, 4)))
    #expect(policy.isOver(updatedAt: local(8, 12), now: local(10, 3)))
    #expect(!policy.isOver(updatedAt: local(10, 4), now: local(11, 3, 59)))
    #expect(!policy.isOver(updatedAt: local(9, 4), now: local(10, 3, 59)))
}

@Test func `silence counts from the last use`() {
    let policy = ResetPolicy(dailyHour: nil, idleMinutes: 60)
    #expect(!policy.isOver(updatedAt: local(10, 12), now: local(10, 13)))
    #expect(policy.isOver(updatedAt: local(10, 12), now: local(10, 13) + 1))
}

@Test func `with an hour and a silence, whichever comes first counts`() {
    let policy = ResetPolicy(dailyHour: 4, idleMinutes: 60)
    #expect(policy.isOver(updatedAt: local(10, 3, 50), now: local(10, 4, 10)))
    #expect(policy.isOver(updatedAt: local(10, 12), now: local(10, 14)))
    #expect(!policy.isOver(updatedAt: local(10, 12), now: local(10, 12, 30)))
}

@Test func `the nearest rule counts, and what it leaves out the next one says`() {
    var rules = ResetRules()
    rules.idleMinutes = 90
    #expect(rules.policy(for: direct) == ResetPolicy(dailyHour: nil, idleMinutes: 90))
    rules.general = .init(hour: 6)
    #expect(rules.policy(for: direct) == ResetPolicy(dailyHour: 6, idleMinutes: 90))
    rules.byKind[.group] = .init(mode: .idle)
    #expect(rules.policy(for: group) == ResetPolicy(dailyHour: nil, idleMinutes: 90))
    #expect(rules.policy(for: direct) == ResetPolicy(dailyHour: 6, idleMinutes: 90))
    rules.byKind[.thread] = .init(mode: .idle, idleMinutes: 5)
    #expect(rules.policy(for: group.thread("t")) == ResetPolicy(dailyHour: nil, idleMinutes: 5))
    rules.byChannel["telegram"] = .init(mode: .daily, hour: 9)
    #expect(rules.policy(for: group) == ResetPolicy(dailyHour: 9, idleMinutes: nil))
    #expect(rules.policy(for: direct, channel: "telegram") == ResetPolicy(dailyHour: 9, idleMinutes: nil))
}

@Test func `silence without a number is an hour`() {
    var rules = ResetRules()
    rules.general = .init(mode: .idle)
    #expect(rules.policy(for: direct) == ResetPolicy(dailyHour: nil, idleMinutes: 60))
}
