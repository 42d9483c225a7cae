import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw nodes invoke`.
struct NodesInvokeCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke", abstract: "Have a node carry out a command, and print its answer as JSON.")

    @Argument(help: "The node's id.")
    var node: String

    @Argument(help: "The command, such as system.notify.")
    var command: String

    @Option(help: ArgumentHelp("The command's parameters, JSON.", valueName: "json"))
    var params: String?

    func validate() throws {
        guard params.map({ (try? JSON(parsing: Array($0.utf8))) != nil }) ?? true else {
            throw ValidationError("--params must be JSON.")
        }
    }

    func run(in context: Context) async throws -> Int32 {
        var request: JSONObject = [
            "nodeId": .string(node), "command": .string(command), "idempotencyKey": .string(GatewayClient.newKey()),
        ]
        request["params"] = try params.map { try JSON(parsing: Array($0.utf8)) }
        let answer = try await GatewayClient.ask(context, "node.invoke", .object(request), scope: .admin)
        Output.line(answer.text(pretty: true))
        return 0
    }
}
