import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw nodes list`.
struct NodesListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the nodes, those connected first.")

    @Flag(help: "Print JSON.")
    var json = false

    func run(in context: Context) async throws -> Int32 {
        let answer = try await GatewayClient.ask(context, "node.list", [:], scope: .read)
        Output.list(answer, "nodes", isJSON: json, none: "No nodes.") { node in
            let isConnected = node["connected"] == true
            let commands = node["commands"]?.array?.compactMap(\.string).joined(separator: ", ") ?? ""
            let name = node["displayName"]?.string.map { "  \($0)" } ?? ""
            return "\(isConnected ? "here" : "away")  \(node["nodeId"]?.string ?? "")\(name)  \(commands)"
        }
        return 0
    }
}
