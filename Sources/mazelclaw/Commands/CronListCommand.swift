import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw cron list`: the jobs, those due first in front.
struct CronListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the jobs, those due first in front.")

    @Flag(help: "Those as well that are switched off.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "cron.list", ["includeDisabled": .bool(all)], scope: .read)
        let jobs = answer["jobs"]?.array ?? []
        if json {
            Output.line(answer.text(pretty: true))
        } else {
            if jobs.isEmpty { Output.line("No jobs.") }
            Output.table(jobs.map(CronCommand.row))
        }
        return 0
    }
}
