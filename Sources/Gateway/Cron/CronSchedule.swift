import JSON

/// When a job is due.
enum CronSchedule: Sendable, Equatable {
    /// Once, at a time in milliseconds since 1970.
    case at(Int64)
    /// Again and again, counted from `anchor`, or from when the job was made.
    case every(milliseconds: Int64, anchor: Int64?)
    /// As a cron expression says, in a time zone; without one, in the host's.
    case cron(String, zone: String?)

    /// The shortest interval, in milliseconds.
    static let shortestInterval: Int64 = 1000

    /// The next time after `time`, in milliseconds since 1970; nil when there is none. The job was made at `madeAt`, and
    /// last begun at `lastRunAt`. Throws `ProtocolError` when this can be no schedule.
    func next(after time: Int64, madeAt: Int64, lastRunAt: Int64?) throws(ProtocolError) -> Int64? {
        switch self {
        // One that was missed is due still; one that was tried before its time is due all the same.
        case .at(let moment): return lastRunAt.map { $0 >= moment } == true ? nil : moment
        case .every(let interval, let anchor):
            guard interval >= Self.shortestInterval else {
                throw ProtocolError(
                    .invalidRequest,
                    "schedule.everyMs: \(interval) is too short; expected \(Self.shortestInterval) or more"
                )
            }
            let anchor = anchor ?? madeAt
            guard time >= anchor else { return anchor }
            let (next, overflow) = anchor.addingReportingOverflow(((time - anchor) / interval + 1) * interval)
            return overflow ? nil : next
        case .cron(let text, let name):
            let expression: CronExpression
            do { expression = try CronExpression(text) } catch {
                throw ProtocolError(.invalidRequest, "schedule.expr: \(error)")
            }
            guard let zone = name.map(TimeZoneRules.named) ?? TimeZoneRules.local() else {
                throw ProtocolError(.invalidRequest, "schedule.tz: \(TimeZoneRules.unknown(name ?? ""))")
            }
            // A time within a second is due from its beginning.
            let second = time >= 0 ? time / 1000 : (time - 999) / 1000
            return expression.next(after: second, in: zone).map { $0 * 1000 }
        }
    }

    var json: JSON {
        switch self {
        case .at(let moment): return ["kind": "at", "atMs": .integer(moment)]
        case .every(let interval, let anchor):
            var object: JSONObject = ["kind": "every", "everyMs": .integer(interval)]
            object["anchorMs"] = anchor.map(JSON.integer)
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
            Field(required: "atMs", .integer(0...), "When, in milliseconds since 1970."),
            as: { .at($1) }))
    private static let every = Shape.object(
        Schema(
            Field(required: "kind", .constant("every", "every"), "Again and again."),
            Field(required: "everyMs", .integer(1...), "How often, in milliseconds; less than 1000 is refused."),
            Field("anchorMs", .integer(0...), "From when on; left out, from when the job is made."),
            as: { .every(milliseconds: $1, anchor: $2) }))
    private static let cron = Shape.object(
        Schema(
            Field(required: "kind", .constant("cron", "cron"), "As a cron expression says."),
            Field(
                required: "expr", .nonEmptyString,
                "Minute, hour, day, month, weekday; with a sixth in front, the second."),
            Field("tz", .string, "The time zone, as in `Europe/Berlin`; left out, the host's."),
            as: { .cron($1, zone: $2.flatMap { $0.isEmpty ? nil : $0 }) }))
}
