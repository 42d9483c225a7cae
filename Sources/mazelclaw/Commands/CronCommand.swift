import ArgumentParser
import Gateway
import JSON
import Policy
import Time

/// `mazelclaw cron`: the scheduled jobs of this profile's gateway.
struct CronCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron",
        abstract: "List, add, remove and run the scheduled jobs of this profile's gateway, take them in and out.",
        discussion: "The gateway must run: it keeps them, and does them at their time.",
        subcommands: [
            CronListCommand.self, CronAddCommand.self, CronRemoveCommand.self, CronRunCommand.self,
            CronExportCommand.self, CronImportCommand.self,
        ],
        defaultSubcommand: CronListCommand.self
    )

    /// A job as a row of a table.
    static func row(_ job: JSON) -> [String] {
        func time(_ name: String) -> String? {
            job["state"]?[name]?.integer.flatMap(Timestamp.init(milliseconds:)).map(RFC3339.text)
        }
        let next = time("nextRunAtMs").map { "next \($0)" } ?? "never due"
        let last = time("lastRunAtMs").map { ["last \($0) \(job["state"]?["lastStatus"]?.string ?? "")"] } ?? []
        return [job["id"]?.string ?? "", next] + last + [job["name"]?.string ?? ""]
    }
}
