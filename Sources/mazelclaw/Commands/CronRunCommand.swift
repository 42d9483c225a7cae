import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw cron run`: does a job now, and waits for its end.
struct CronRunCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Do a job now, and tell what came of it.",
        discussion: "Ends with 0 when it went well, with 1 when it failed or was not done.")

    @Argument(help: "The job's id.")
    var id: String

    @Flag(help: "Only if it is due.")
    var due = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(
            context, "cron.run", ["id": .string(id), "mode": due ? "due" : "force"], scope: .admin)
        guard answer["ran"] == true else {
            Output.error("mazelclaw: not done: \(answer["reason"]?.string ?? "no reason given")")
            return 1
        }
        let runs = try await GatewayClient.ask(context, "cron.runs", ["id": .string(id), "limit": 1], scope: .read)
        let run = runs["entries"]?.array?.last
        guard answer["ok"] == true else {
            Output.error(TerminalText.safe("mazelclaw: the job failed: \(run?["error"]?.string ?? "no reason given")"))
            return 1
        }
        Output.line(TerminalText.safe(run?["summary"]?.string ?? "Done."))
        return 0
    }
}
