import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw usage`: what answers took, and cost.
struct UsageCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Print what the answers of the running gateway took and cost, by day.",
        discussion: "As far as those who gave them told. Days are those of UTC, costs are US dollars.")

    @Option(help: ArgumentHelp("How many days, with today: 1 to 366.", valueName: "count"))
    var days: Int = 30

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...366).contains(days) else { throw ValidationError("--days takes a number from 1 to 366.") }
    }

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(
            context, "usage.cost", ["days": .integer(Int64(days))], scope: .read)
        guard !json else {
            Output.line(answer.text(pretty: true))
            return 0
        }
        let daily = answer["daily"]?.array ?? []
        guard !daily.isEmpty else {
            Output.line("No answer of the last \(days) days told what it took.")
            return 0
        }
        let rows = daily.map { Self.row($0["date"]?.string ?? "", $0) }
        let totals = answer["totals"] ?? .null
        Output.table(
            [["day", "read", "from cache", "written", "cost"]] + rows + [Self.row("together", totals)])
        if let count = totals["missingCostEntries"]?.integer, count > 0 {
            Output.line("Of \(count) answers nobody told what they cost.")
        }
        return 0
    }

    private static func row(_ name: String, _ counts: JSON) -> [String] {
        let numbers = ["input", "cacheRead", "output"].map { "\(counts[$0]?.integer ?? 0)" }
        return [name] + numbers + [DollarText.text(counts["totalCost"]?.number ?? 0)]
    }
}
