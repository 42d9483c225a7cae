import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// The methods for nodes, devices that offer their abilities, and for those who call on them.
struct NodeMethods: Sendable {
    let registry: NodeRegistry
    let caller: NodeCaller
    let devices: DeviceStore
    let store: NodeStore
    let notes: SessionNotes
    let configuration: Current<GatewayConfiguration>
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Nodes",
            """
            A node is a device that connected in the role `node` and offers commands. A command reaches it when its \
            platform is known for it or `gateway.nodes.allowCommands` names it, `gateway.nodes.denyCommands` does not, \
            and the node declared it.
            """,
            [list, describe, invoke, rename, invokeResult, event])
    }

    private var list: Method {
        Method.immediate(
            "node.list", .scope(.read), "The nodes: those connected first.", NoParameters.schema,
            answer: .object(
                Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970."),
                Field(required: "nodes", .list(of: NodeSummary.shape), "The nodes."))
        ) { _, _ in
            [
                "ts": .integer(clock.milliseconds),
                "nodes": .array(summaries.map(\.json)),
            ]
        }
    }

    private struct DescribeParameters {
        var nodeID: String

        static let schema = Schema(Field(required: "nodeId", .nonEmptyString, "The node."), as: DescribeParameters.init)
    }

    private var describe: Method {
        Method.immediate(
            "node.describe", .scope(.read), "One node.", DescribeParameters.schema, answer: NodeSummary.shape
        ) { _, parameters in
            guard let node = summaries.first(where: { $0.id == parameters.nodeID }),
                case .object(var object) = node.json
            else { throw ProtocolError(.invalidRequest, "unknown nodeId") }
            object["ts"] = .integer(clock.milliseconds)
            return .object(object)
        }
    }

    private struct InvokeParameters {
        var nodeID: String
        var command: String
        var params: JSON?
        var timeout: TimeSpan
        var idempotencyKey: String

        static let schema = Schema(
            Field(required: "nodeId", .nonEmptyString, "The node."),
            Field(required: "command", .nonEmptyString, "The command."),
            Field("params", .any, "What the command takes."),
            Field(
                "timeoutMs", .milliseconds(.zero ... .longestWait), default: TimeSpan(30, .seconds),
                "How long to wait for its answer."),
            Field(required: "idempotencyKey", .idempotencyKey, "Chosen by the client; the node is told it."),
            as: InvokeParameters.init)
    }

    private var invoke: Method {
        Method.awaiting(
            "node.invoke", .scope(.write),
            "Has a node carry out a command, and answers what came of it. What changes or shows what the node may run without "
                + "asking (`system.execApprovals.`) needs `operator.admin`, as `exec.approvals.set` does.",
            InvokeParameters.schema,
            answer: .object(
                Field(required: "ok", .constant(true, true), "It was carried out."),
                Field(required: "nodeId", .string, "The node."), Field(required: "command", .string, "The command."),
                Field(required: "payload", .any, "What came of it; null when nothing did."),
                Field(required: "payloadJSON", .any, "The same as text, when the node sent text; else null."))
        ) { call, parameters in
            let (payload, text) = try await caller.invoke(
                parameters.command, at: parameters.nodeID, params: parameters.params, timeout: parameters.timeout,
                idempotencyKey: parameters.idempotencyKey, for: call.client)
            return [
                "ok": true, "nodeId": .string(parameters.nodeID), "command": .string(parameters.command.trimmed),
                "payload": payload ?? .null, "payloadJSON": text.map(JSON.string) ?? .null,
            ]
        }
    }

    private struct RenameParameters {
        var nodeID: String
        var name: String

        static let schema = Schema(
            Field(required: "nodeId", .nonEmptyString, "The node."),
            Field(required: "displayName", .nonEmptyString, "Its new name."), as: RenameParameters.init)
    }

    private var rename: Method {
        Method.awaiting(
            "node.rename", .scope(.pairing), "Gives a node that was let in or paired another name.",
            RenameParameters.schema,
            answer: .object(
                Field(required: "nodeId", .string, "The node."),
                Field(required: "displayName", .string, "Its new name."))
        ) { _, parameters in
            let name = parameters.name.trimmed
            guard !name.isEmpty else { throw ProtocolError(.invalidRequest, "displayName required") }
            // One that was paired by token may have a device too: then both are of that name.
            let isPaired = try await store.rename(parameters.nodeID, to: name)
            let isLetIn = try await devices.rename(parameters.nodeID, as: .node, to: name)
            guard isPaired || isLetIn else { throw ProtocolError(.invalidRequest, "unknown nodeId") }
            return ["nodeId": .string(parameters.nodeID), "displayName": .string(name)]
        }
    }

    // MARK: For nodes

    private struct ResultParameters {
        var id: String
        var nodeID: String
        var isOK: Bool
        var payload: JSON?
        var text: Change<String>?
        var error: NodeRegistry.Failure?

        private static let error = Schema(
            Field("code", .nonEmptyString, "What kind of failure."), Field("message", .nonEmptyString, "One sentence."),
            as: NodeRegistry.Failure.init)
        static let schema = Schema(
            Field(required: "id", .nonEmptyString, "The id of `node.invoke.request`."),
            Field(required: "nodeId", .nonEmptyString, "The node itself."),
            Field(required: "ok", .boolean, "Whether it was carried out."), Field("payload", .any, "What came of it."),
            Field("payloadJSON", .nullable(.string), "The same as JSON text, which counts more."),
            Field("error", .object(error), "What went wrong."), as: ResultParameters.init)
    }

    private var invokeResult: Method {
        Method.immediate(
            "node.invoke.result", .node, "Answers a command that came as `node.invoke.request`.",
            ResultParameters.schema,
            answer: .ok
        ) { call, parameters in
            guard parameters.nodeID == call.client.nodeID else {
                throw ProtocolError(.invalidRequest, "nodeId mismatch")
            }
            let text: String? = if case .set(let text) = parameters.text { text } else { nil }
            let answer: NodeRegistry.Answer =
                parameters.isOK ? .done(parameters.payload, text: text) : .failed(parameters.error ?? .init())
            guard registry.answered(parameters.id, on: call.connection, answer) else {
                throw ProtocolError(.invalidRequest, "unknown invoke id")
            }
            return ["ok": true]
        }
    }

    private struct EventParameters {
        var event: String
        var payload: JSON?
        var text: Change<String>?

        static let schema = Schema(
            Field(required: "event", .nonEmptyString, "What happened."), Field("payload", .any, "More about it."),
            Field("payloadJSON", .nullable(.string), "The same as JSON text, which counts more."),
            as: EventParameters.init)
    }

    private var event: Method {
        Method.immediate(
            "node.event", .node,
            "Tells of something at the node. The main session hears of `exec.started`, `exec.finished` and `exec.denied`; "
                + "other events are not acted on in this version.", EventParameters.schema, answer: .ok
        ) { call, parameters in
            var payload = parameters.payload
            if case .set(let text) = parameters.text {
                payload = try? JSON(parsing: Array(text.utf8), limits: ProtocolLimits.message)
            }
            if let report = ExecReport(event: parameters.event, payload: payload, node: call.client.nodeID) {
                let key = report.sessionKey ?? configuration.value.mainSessionKey
                try notes.tell(report.text, to: key)
            }
            return ["ok": true]
        }
    }

    /// What a node tells of a command it ran on its own.
    private struct ExecReport {
        let text: String
        let sessionKey: String?

        init?(event: String, payload: JSON?, node: String) {
            let command = payload?["command"]?.string?.trimmed ?? ""
            let run = payload?["runId"]?.string?.trimmed ?? ""
            var text: String
            switch event {
            case "exec.started": text = "Exec started (node=\(node)"
            case "exec.finished": text = "Exec finished (node=\(node)"
            case "exec.denied": text = "Exec denied (node=\(node)"
            default: return nil
            }
            if !run.isEmpty { text += " id=\(run)" }
            if event == "exec.denied", let reason = payload?["reason"]?.string, !reason.isEmpty {
                text += ", \(reason)"
            }
            if event == "exec.finished", let code = payload?["exitCode"]?.integer { text += ", code \(code)" }
            text += ")"
            if !command.isEmpty { text += ": \(command)" }
            if event == "exec.finished", let output = payload?["output"]?.string?.trimmed, !output.isEmpty {
                text += "\n\(output)"
            }
            self.text = text
            sessionKey = payload?["sessionKey"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    /// Every node there is: connected ones first, then by name.
    private var summaries: [NodeSummary] {
        var nodes: [String: NodeSummary] = [:]
        for device in devices.paired where device.roles.contains(.node) {
            nodes[device.id] = NodeSummary(id: device.id, device: device)
        }
        for session in registry.sessions {
            nodes[session.id, default: NodeSummary(id: session.id)].session = session
        }
        return nodes.values.sorted { left, right in
            let (leftIsHere, rightIsHere) = (left.session != nil, right.session != nil)
            guard leftIsHere == rightIsHere else { return leftIsHere }
            return ((left.name ?? left.id).lowercased(), left.id) < ((right.name ?? right.id).lowercased(), right.id)
        }
    }
}
