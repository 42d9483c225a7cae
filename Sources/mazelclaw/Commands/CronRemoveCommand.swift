import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw cron remove`: forgets a job.
struct CronRemoveCommand: InstanceCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Forget a job.")

    @Argument(help: "The job's id.")
    var id: String

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "cron.remove", ["id": .string(id)], scope: .admin)
        guard answer["removed"] == true else {
            Output.error(TerminalText.safe("mazelclaw: there is no job \(id); `mazelclaw cron list --all` shows them"))
            return 1
        }
        Output.line(TerminalText.safe("Removed \(id)"))
        return 0
    }
}
