import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw nodes rename`.
struct NodesRenameCommand: InstanceCommand {
    static let configuration = CommandConfiguration(commandName: "rename", abstract: "Give a node another name.")

    @Argument(help: "The node's id.")
    var node: String

    @Argument(help: "Its new name.")
    var name: String

    func run(in context: Context) async throws -> Int32 {
        _ = try await GatewayClient.ask(
            context, "node.rename", ["nodeId": .string(node), "displayName": .string(name)], scope: .admin)
        Output.line(TerminalText.safe("\(node) is called \(name)"))
        return 0
    }
}
