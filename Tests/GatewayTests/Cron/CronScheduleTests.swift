import JSON
import Testing

@testable import Gateway
@testable import GatewayProtocol
@testable import Time

@Test(
    arguments: [
        (.at(1000), 500, nil, 1000), (.at(1000), 1000, nil, 1000), (.at(1000), 5000, 1000, nil),
        // Tried by hand before its time, it is due still.
        (.at(1000), 600, 500, 1000),
        (.every(TimeSpan(1000, .milliseconds), anchor: nil), 50, nil, 1050),
        (.every(TimeSpan(1000, .milliseconds), anchor: nil), 1050, 1050, 2050),
        (.every(TimeSpan(1000, .milliseconds), anchor: 7), 50, nil, 1007),
        (.every(TimeSpan(1000, .milliseconds), anchor: 70), 50, nil, 70),
        (.every(TimeSpan(1000, .milliseconds), anchor: 0), 1_000_000_000_001, 0, 1_000_000_001_000),
        (.every(.longestInterval, anchor: .latest), 50, nil, .latest),
        (.every(.longestInterval, anchor: 5), 50, nil, 316_224_000_005),
        // In the year 10000 nothing is due.
        (.every(.longestInterval, anchor: 5), .latest, nil, nil), (.at(.latest), .latest, nil, .latest),
        (.cron("* * * * *", zone: "Asia/Kathmandu"), .latest, nil, nil),
        (.cron("* * * * *", zone: "UTC"), 59_999, 0, 60_000),
        (.cron("* * * * *", zone: "UTC"), 60_000, 60_000, 120_000),
        (.cron("0 0 30 2 *", zone: "UTC"), 0, 0, nil),
    ] as [(CronSchedule, Timestamp, Timestamp?, Timestamp?)])
func `a job is due next when its schedule says`(
    schedule: CronSchedule, now: Timestamp, lastRun: Timestamp?, next: Timestamp?
) throws {
    #expect(try schedule.next(after: now, madeAt: 50, lastRunAt: lastRun) == next)
}

@Test(
    arguments: [
        (
            .cron("* * * * *", zone: "Mars/Base"),
            "schedule.tz: this host knows no time zone \"Mars/Base\"; expected a name like \"Europe/Berlin\" or \"UTC\""
        ),
        (
            .cron("nonsense", zone: nil),
            "schedule.expr: a cron expression has 5 fields (minute hour day month weekday), or 6 with seconds in front; "
                + "\"nonsense\" has 1"
        ),
        (.cron("0 25 * * *", zone: nil), "schedule.expr: \"25\" is no hour; expected 0 to 23"),
        (
            .every(TimeSpan(999, .milliseconds), anchor: nil),
            "schedule.everyMs: 999 is too short; expected 1000 or more"
        ),
    ] as [(CronSchedule, String)])
func `what can be no schedule is refused, naming the place`(schedule: CronSchedule, message: String) {
    #expect(throws: ProtocolError(.invalidRequest, message)) {
        try schedule.next(after: 0, madeAt: 0, lastRunAt: nil)
    }
}

@Test(
    arguments: [
        ["kind": "at", "atMs": 5], ["kind": "every", "everyMs": 5], ["kind": "every", "everyMs": 5, "anchorMs": 1],
        ["kind": "cron", "expr": "* * * * *"], ["kind": "cron", "expr": "* * * * *", "tz": "UTC"],
    ] as [JSON])
func `a schedule read is the schedule written`(json: JSON) {
    var faults = Faults()
    #expect(Shape<CronSchedule>.cronSchedule.read(json, &faults)?.json == json)
    #expect(faults.isEmpty)
}
