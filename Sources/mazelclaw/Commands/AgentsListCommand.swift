import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw agents list`: who answers.
struct AgentsListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List this profile's agents, as the running gateway has them.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "agents.list", [:], scope: .read)
        Output.list(answer, "agents", isJSON: json, none: "No agents.") { agent in
            let id = agent["id"]?.string ?? ""
            let name = (agent["identity"]?["name"] ?? agent["name"])?.string
            let mark = agent["id"] == answer["defaultId"] ? "  answers when none is named" : ""
            return id + (name.map { "  \($0)" } ?? "") + mark
        }
        return 0
    }
}
