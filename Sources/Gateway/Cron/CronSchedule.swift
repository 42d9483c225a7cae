import GatewayProtocol
import JSON
import Time

/// When a job is due.
enum CronSchedule: Sendable, Equatable {
    /// Once, at this time.
    case at(Timestamp)
    /// Again and again, counted from `anchor`, or from when the job was made.
    case every(TimeSpan, anchor: Timestamp?)
    /// As a cron expression says, in a time zone; without one, in the host's.
    case cron(String, zone: String?)

    /// The shortest interval that a job may come back after: one second.
    static let shortestInterval = TimeSpan(1, .seconds)

    /// The next time after `time`; nil when there is none. The job was made at `madeAt`, and last begun at `lastRunAt`.
    /// Throws `ProtocolError` when this can be no schedule.
    func next(
        after time: Timestamp, madeAt: Timestamp, lastRunAt: Timestamp?
    ) throws(ProtocolError) -> Timestamp? {
        switch self {
        // One that was missed is due still; one that was tried before its time is due all the same.
        case .at(let moment): return lastRunAt.map { $0 >= moment } == true ? nil : moment
        case .every(let interval, let anchor):
            guard interval >= Self.shortestInterval else {
                throw ProtocolError(
                    .invalidRequest,
                    "schedule.everyMs: \(interval.milliseconds) is too short; expected "
                        + "\(Self.shortestInterval.milliseconds) or more")
            }
            let anchor = anchor ?? madeAt
            guard time >= anchor else { return anchor }
            // All three are below 2^48, and the sum is at most one interval after `time`.
            let passed = (time.milliseconds - anchor.milliseconds) / interval.milliseconds
            return Timestamp(milliseconds: anchor.milliseconds + (passed + 1) * interval.milliseconds)
        case .cron(let text, let name):
            let expression: CronExpression
            do { expression = try CronExpression(text) } catch {
                throw ProtocolError(.invalidRequest, "schedule.expr: \(error)")
            }
            guard let zone = name.map(TimeZoneRules.named) ?? TimeZoneRules.local() else {
                throw ProtocolError(.invalidRequest, "schedule.tz: \(TimeZoneRules.unknown(name ?? ""))")
            }
            // A time within a second is due from its beginning.
            return expression.next(after: time.seconds, in: zone).flatMap { Timestamp(milliseconds: $0 * 1000) }
        }
    }

    var json: JSON {
        switch self {
        case .at(let moment): return ["kind": "at", "atMs": moment.json]
        case .every(let interval, let anchor):
            var object: JSONObject = ["kind": "every", "everyMs": interval.json]
            object["anchorMs"] = anchor?.json
            return .object(object)
        case .cron(let text, let zone):
            var object: JSONObject = ["kind": "cron", "expr": .string(text)]
            object["tz"] = zone.map(JSON.string)
            return .object(object)
        }
    }
}

extension Shape where Value == CronSchedule {
    /// One of three kinds, told apart by `kind`.
    static let cronSchedule = Shape.anyOf([at, every, cron])

    /// The same, of which only what is wrong with the kind it is of is told.
    static let keptCronSchedule = Shape.kinds([("at", at), ("every", every), ("cron", cron)])

    private static let at = Shape.object(
        Schema(
            Field(required: "kind", .constant("at", "at"), "Once."),
            Field(required: "atMs", .timestamp, "When."),
            as: { .at($1) }))
    private static let every = Shape.object(
        Schema(
            Field(required: "kind", .constant("every", "every"), "Again and again."),
            Field(
                required: "everyMs", .milliseconds(TimeSpan(1, .milliseconds) ... .longestInterval),
                "How often; less than 1000 is refused."),
            Field("anchorMs", .timestamp, "From when on; left out, from when the job is made."),
            as: { .every($1, anchor: $2) }))
    private static let cron = Shape.object(
        Schema(
            Field(required: "kind", .constant("cron", "cron"), "As a cron expression says."),
            Field(
                required: "expr", .nonEmptyString,
                "Minute, hour, day, month, weekday; with a sixth in front, the second."),
            Field("tz", .string, "The time zone, as in `Europe/Berlin`; left out, the host's."),
            as: { .cron($1, zone: $2.flatMap { $0.isEmpty ? nil : $0 }) }))
}
