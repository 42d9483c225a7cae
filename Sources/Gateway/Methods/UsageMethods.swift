import GatewayProtocol
import JSON
import Storage
import Time

/// What answers took.
struct UsageMethods: Sendable {
    let database: InstanceDatabase
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup("Usage", "What answers took, and cost.", [status, cost])
    }

    private var status: Method {
        Method.immediate(
            "usage.status", .scope(.read),
            "What is left of the plans at model services. No service tells this version.",
            NoParameters.schema,
            answer: .object(
                Field(required: "updatedAt", .integer, "When it was asked, in milliseconds since 1970."),
                Field(required: "providers", .list(of: .anyObject), "The services that tell: none."))
        ) { _, _ in ["updatedAt": clock.now.json, "providers": []] }
    }

    private struct CostParameters {
        var days: Int64?

        static let schema = Schema(
            Field("days", .integer(1...366), "How many days, with today. Default 30."), as: CostParameters.init)
    }

    private var cost: Method {
        Method.awaiting(
            "usage.cost", .scope(.read),
            "What answers took and cost, in all and by day (UTC), as far as who gave them told. Costs are US dollars.",
            CostParameters.schema,
            answer: .object(
                Field(required: "updatedAt", .integer, "When it was counted, in milliseconds since 1970."),
                Field(required: "days", .integer, "How many days were looked through."),
                Field(
                    required: "daily", .list(of: .anyObject),
                    "Each day with answers, the oldest first: `date` and what `totals` has."),
                Field(
                    required: "totals", .anyObject,
                    "`input`, `output`, `cacheRead`, `cacheWrite`, `totalTokens`, `totalCost`, and `missingCostEntries`: how "
                        + "many answers told tokens and no cost."))
        ) { _, parameters in
            let (now, days) = (clock.now, parameters.days ?? 30)
            let today = Timestamp(clamping: now.milliseconds / 86_400_000 * 86_400_000)
            let start = today - TimeSpan(days - 1, .days)
            let all = try await database.read { try $0.transcripts.usage(since: start) }
            return [
                "updatedAt": now.json, "days": .integer(days),
                "daily": .array(
                    all.map { day in
                        var object = day.json
                        object["date"] = .string(String(RFC3339.text(day.day).prefix(10)))
                        return .object(object)
                    }), "totals": .object(UsageByDay.total(of: all).json),
            ]
        }
    }
}
