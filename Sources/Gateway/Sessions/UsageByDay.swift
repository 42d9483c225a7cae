import GRDB
import JSON
import Time

/// What the answers of one day took, and cost, as far as who gave them told.
struct UsageByDay: Equatable, Sendable {
    /// Midnight of the day, UTC.
    var day: Timestamp
    var usage: TokenUsage
    /// How many answers have counts of tokens and no cost.
    var unpriced: Int64

    /// Those of `days`, as one.
    static func total(of days: [UsageByDay]) -> UsageByDay {
        days.reduce(into: UsageByDay(day: .earliest, usage: .none, unpriced: 0)) { sum, day in
            sum.usage = sum.usage.adding(day.usage)
            sum.unpriced += day.unpriced
        }
    }

    /// As clients read it.
    var json: JSONObject {
        [
            "input": .integer(usage.input ?? 0), "output": .integer(usage.output ?? 0),
            "cacheRead": .integer(usage.cacheRead ?? 0), "cacheWrite": .integer(usage.cacheWrite ?? 0),
            "totalTokens": .integer(usage.total ?? 0), "totalCost": .double(usage.cost?.total ?? 0),
            "missingCostEntries": .integer(unpriced),
        ]
    }
}

extension TokenUsage {
    /// Nothing at all.
    fileprivate static let none = TokenUsage(
        input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0,
        cost: TokenCost(input: 0, output: 0, cacheRead: 0, cacheWrite: 0))

    /// This and `other` together.
    func adding(_ other: TokenUsage) -> TokenUsage {
        func sum(_ left: Int64?, _ right: Int64?) -> Int64 {
            let (sum, isTooMuch) = (left ?? 0).addingReportingOverflow(right ?? 0)
            return isTooMuch ? .max : sum
        }
        let (left, right) = (cost, other.cost)
        return TokenUsage(
            input: sum(input, other.input), output: sum(output, other.output),
            cacheRead: sum(cacheRead, other.cacheRead), cacheWrite: sum(cacheWrite, other.cacheWrite),
            total: sum(total, other.total),
            cost: TokenCost(
                input: (left?.input ?? 0) + (right?.input ?? 0), output: (left?.output ?? 0) + (right?.output ?? 0),
                cacheRead: (left?.cacheRead ?? 0) + (right?.cacheRead ?? 0),
                cacheWrite: (left?.cacheWrite ?? 0) + (right?.cacheWrite ?? 0)))
    }
}

extension TranscriptTable {
    /// What the answers since `time` took, by day, the oldest first. Days without any are left out, transcripts that were
    /// put away are not: what they cost was spent.
    func usage(since time: Timestamp) throws -> [UsageByDay] {
        // Sums as floating point numbers: one of integers fails when it is too large.
        func sum(_ path: String) -> String { "total(json_extract(usage, '$.\(path)'))" }
        // A summary of a conversation was written by a model too.
        let rows = try Row.fetchAll(
            database,
            sql: """
                WITH answer AS (
                    SELECT timestamp, coalesce(json_extract(line, '$.message.usage'),
                        json_extract(line, '$.details.usage')) AS usage
                    FROM message
                    WHERE timestamp >= ? AND json_valid(line) AND (role = 'assistant'
                        OR role IS NULL AND json_extract(line, '$.type') = 'compaction')
                )
                SELECT timestamp / 86400000 AS day, \(sum("input")) AS input, \(sum("output")) AS output,
                    \(sum("cacheRead")) AS cacheRead, \(sum("cacheWrite")) AS cacheWrite,
                    total(coalesce(json_extract(usage, '$.totalTokens'), json_extract(usage, '$.total'))) AS tokens,
                    \(sum("cost.input")) AS inputCost, \(sum("cost.output")) AS outputCost,
                    \(sum("cost.cacheRead")) AS cacheReadCost, \(sum("cost.cacheWrite")) AS cacheWriteCost,
                    count(*) - count(json_extract(usage, '$.cost.total')) AS unpriced
                FROM answer
                WHERE json_valid(usage) AND json_type(usage) = 'object'
                GROUP BY day ORDER BY day
                """, arguments: [time.milliseconds])
        return try rows.map { row in
            func count(_ name: String) throws -> Int64 {
                let number: Double = try row.decode(forColumn: name)
                return Int64(exactly: number.rounded()) ?? (number < 0 ? 0 : .max)
            }
            return try UsageByDay(
                day: Timestamp(clamping: row.decode(Int64.self, forColumn: "day") * 86_400_000),
                usage: TokenUsage(
                    input: count("input"), output: count("output"), cacheRead: count("cacheRead"),
                    cacheWrite: count("cacheWrite"), total: count("tokens"),
                    cost: TokenCost(
                        input: row.decode(forColumn: "inputCost"), output: row.decode(forColumn: "outputCost"),
                        cacheRead: row.decode(forColumn: "cacheReadCost"),
                        cacheWrite: row.decode(forColumn: "cacheWriteCost"))),
                unpriced: row.decode(forColumn: "unpriced"))
        }
    }
}
