import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw gateway call`: has the gateway answer one method of the protocol.
struct GatewayCallCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Have the gateway answer a method, and print the answer as JSON.",
        discussion: "It asks as an administrator. What the methods take and answer is in the gateway's reference.")

    @Argument(help: "The method, such as sessions.list.")
    var method: String

    @Option(help: ArgumentHelp("Its parameters, a JSON object.", valueName: "json"))
    var params = "{}"

    func validate() throws {
        guard (try? JSON(parsing: Array(params.utf8)))?.object != nil else {
            throw ValidationError("--params must be a JSON object, such as '{\"limit\": 3}'.")
        }
    }

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(
            context, method, try JSON(parsing: Array(params.utf8)), scope: .admin)
        Output.line(answer.text(pretty: true))
        return 0
    }
}
