import ArgumentParser
import Configuration
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw health`: what the gateway says of itself to those it lets in.
struct HealthCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Print what the gateway says of itself. Exits 1 when it takes no client.",
        discussion: "`status` asks from outside whether it answers; this signs in, as any client does.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "health", [:], scope: .read)
        guard !json else {
            Output.line(answer.text(pretty: true))
            return 0
        }
        let agents = (answer["agents"]?.array ?? []).compactMap { $0["agentId"]?.string }
        let sessions = answer["sessions"]?["count"]?.integer ?? 0
        Output.line(
            TerminalText.safe(
                "\(context.instance.name): takes clients; agents: \(agents.joined(separator: ", ")); "
                    + "sessions: \(sessions)"))
        return 0
    }
}
