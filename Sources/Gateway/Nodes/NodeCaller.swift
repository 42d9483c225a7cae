import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// Has nodes carry out commands for clients, as far as `gateway.nodes` lets them.
struct NodeCaller: Sendable {
    let registry: NodeRegistry
    let configuration: Current<GatewayConfiguration>

    /// Has the node `id` carry out `command` for `client`. Returns what came of it: as JSON, and as text when the node sent
    /// text. Throws `ProtocolError` when the command may not be sent there, and when the node failed.
    func invoke(
        _ command: String, at id: String, params: JSON?, timeout: TimeSpan, idempotencyKey: String, for client: Client
    ) async throws -> (payload: JSON?, text: String?) {
        guard let session = registry.session(id) else {
            throw ProtocolError(.unavailable, "node not connected", details: ["code": "NOT_CONNECTED"])
        }
        if let refusal = commands.refusal(
            of: command,
            platform: NodePlatform(
                platform: session.params.client.platform, family: session.params.client.deviceFamily ?? ""),
            declared: session.params.commands)
        {
            throw ProtocolError(
                .invalidRequest, "node command not allowed",
                details: ["reason": .string(refusal.rawValue), "command": .string(command)])
        }
        let command = command.trimmed
        if let scope = NodeCommands.scope(of: command) { try client.require(scope) }
        let answer = await registry.invoke(
            command, at: session, params: params, timeout: timeout, idempotencyKey: idempotencyKey)
        try Task.checkCancellation()
        switch answer {
        case .done(let payload, let text):
            return (text.flatMap { try? JSON(parsing: Array($0.utf8)) } ?? text.map(JSON.string) ?? payload, text)
        case .failed(let failure):
            var details = JSONObject()
            details["code"] = failure.code.map(JSON.string)
            details["message"] = failure.message.map(JSON.string)
            throw ProtocolError(
                .unavailable, failure.message ?? "node invoke failed", details: ["nodeError": .object(details)])
        }
    }

    private var commands: NodeCommands {
        let section = configuration.value.file?.root["gateway"]?["nodes"]
        func words(_ name: String) -> [String] { section?[name]?.array?.compactMap { $0.string?.trimmed } ?? [] }
        return NodeCommands(allowed: words("allowCommands"), denied: words("denyCommands"))
    }
}
