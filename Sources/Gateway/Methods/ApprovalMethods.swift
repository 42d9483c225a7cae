import GatewayProtocol
import JSON
import Policy
import Text
import Time

/// The methods about what agents and nodes may run without asking.
struct ApprovalMethods: Sendable {
    let approvals: ApprovalsFile
    let nodes: NodeCaller

    var group: MethodGroup {
        MethodGroup(
            "Approvals",
            "What agents may run without asking: `exec-approvals.json` in the state directory. A node keeps its own.",
            [get, set, getOfNode, setOfNode])
    }

    private static let snapshot = Shape.object(
        Field(required: "path", .string, "Where the file stands."),
        Field(required: "exists", .boolean, "Whether there is one."),
        Field(required: "hash", .string, "SHA-256 of its text, in hexadecimal digits: the base of the next change."),
        Field(required: "file", ApprovalsFile.shape, "What stands in it, but for secrets."))

    private var get: Method {
        Method.awaiting(
            "exec.approvals.get", .scope(.admin), "What agents may run.", NoParameters.schema, answer: Self.snapshot
        ) { _, _ in
            json(try approvals.snapshot())
        }
    }

    private func json(_ snapshot: ApprovalsFile.Snapshot) -> JSON {
        [
            "path": .string(approvals.path.text), "exists": .bool(snapshot.exists),
            "hash": .string(snapshot.hash), "file": snapshot.shown,
        ]
    }

    private struct SetParameters {
        var file: JSON
        var baseHash: String?

        static let schema = Schema(
            Field(required: "file", ApprovalsFile.shape, "What is to stand in the file."),
            Field("baseHash", .nonEmptyString, "The `hash` this was made from; needed when there is a file."),
            as: SetParameters.init)
    }

    private var set: Method {
        Method.awaiting(
            "exec.approvals.set", .scope(.admin), "Changes what agents may run.", SetParameters.schema,
            answer: Self.snapshot
        ) { _, parameters in
            json(try approvals.replace(by: parameters.file, baseHash: parameters.baseHash))
        }
    }

    // MARK: Of a node

    private static let node = Field(required: "nodeId", .nonEmptyString, "The node.")

    private static let nodeAnswer = Shape<JSON>.any

    private struct NodeGetParameters {
        var nodeID: String

        static let schema = Schema(node, as: NodeGetParameters.init)
    }

    private var getOfNode: Method {
        Method.awaiting(
            "exec.approvals.node.get", .scope(.admin),
            "What a node may run without asking, as it answers the command `system.execApprovals.get`.",
            NodeGetParameters.schema, answer: Self.nodeAnswer
        ) { call, parameters in
            try await ask("system.execApprovals.get", parameters.nodeID, [:], for: call.client)
        }
    }

    private struct NodeSetParameters {
        var nodeID: String
        var file: JSON
        var baseHash: String?

        static let schema = Schema(
            node, Field(required: "file", ApprovalsFile.shape, "What is to stand in the node's file."),
            Field("baseHash", .nonEmptyString, "The `hash` this was made from, as the node told it."),
            as: NodeSetParameters.init)
    }

    private var setOfNode: Method {
        Method.awaiting(
            "exec.approvals.node.set", .scope(.admin),
            "Changes what a node may run without asking, by the command `system.execApprovals.set`, which it answers.",
            NodeSetParameters.schema, answer: Self.nodeAnswer
        ) { call, parameters in
            var params: JSONObject = ["file": parameters.file]
            params["baseHash"] = parameters.baseHash.map(JSON.string)
            return try await ask(
                "system.execApprovals.set", parameters.nodeID, .object(params), for: call.client)
        }
    }

    /// Has `node` carry out `command` for `client`, and returns what came of it.
    private func ask(_ command: String, _ node: String, _ params: JSON, for client: Client) async throws -> JSON {
        let answer = try await nodes.invoke(
            command, at: node, params: params, timeout: TimeSpan(30, .seconds), idempotencyKey: UUIDText.random(),
            for: client)
        return answer.payload ?? .null
    }
}
