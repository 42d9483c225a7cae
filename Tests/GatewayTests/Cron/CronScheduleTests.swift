import JSON
import Testing

@testable import Gateway

@Test(
    arguments: [
        (.at(1000), 500, nil, 1000), (.at(1000), 1000, nil, 1000), (.at(1000), 5000, 1000, nil),
        // Tried by hand before its time, it is due still.
        (.at(1000), 600, 500, 1000),
        (.every(milliseconds: 1000, anchor: nil), 50, nil, 1050),
        (.every(milliseconds: 1000, anchor: nil), 1050, 1050, 2050),
        (.every(milliseconds: 1000, anchor: 7), 50, nil, 1007), (.every(milliseconds: 1000, anchor: 70), 50, nil, 70),
        (.every(milliseconds: 1000, anchor: 0), 1_000_000_000_001, 0, 1_000_000_001_000),
        (.every(milliseconds: .max, anchor: .max - 5), 50, nil, .max - 5),
        (.every(milliseconds: .max, anchor: 5), 50, nil, nil),
        (.cron("* * * * *", zone: "UTC"), 59_999, 0, 60_000),
        (.cron("* * * * *", zone: "UTC"), 60_000, 60_000, 120_000),
        (.cron("0 0 30 2 *", zone: "UTC"), 0, 0, nil),
    ] as [(CronSchedule, Int64, Int64?, Int64?)])
func `a job is due next when its schedule says`(schedule: CronSchedule, now: Int64, lastRun: Int64?, next: Int64?)
    throws
{
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
        (.every(milliseconds: 999, anchor: nil), "schedule.everyMs: 999 is too short; expected 1000 or more"),
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
