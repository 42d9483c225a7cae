import GatewayProtocol
import JSON
import Policy
import Text
import Time

extension MethodGroup {
    /// What agents may run.
    static let approvals = MethodGroup(
        "Approvals",
        "What agents may run without asking: `exec-approvals.json` in the state directory. A node keeps its own.",
        [get, set, getOfNode, setOfNode])
}

private let snapshot = Shape.object(
    Field(required: "path", .string, "Where the file stands."),
    Field(required: "exists", .boolean, "Whether there is one."),
    Field(required: "hash", .string, "SHA-256 of its text, in hexadecimal digits: the base of the next change."),
    Field(required: "file", ApprovalsFile.shape, "What stands in it, but for secrets."))

extension MethodCall {
    fileprivate func json(_ snapshot: ApprovalsFile.Snapshot) -> JSON {
        [
            "path": .string(gateway.approvals.path.text), "exists": .bool(snapshot.exists),
            "hash": .string(snapshot.hash), "file": snapshot.shown,
        ]
    }
}

private let get = Method.awaiting(
    "exec.approvals.get", .scope(.admin), "What agents may run.", NoParameters.schema, answer: snapshot
) { call, _ in
    call.json(try call.gateway.approvals.snapshot())
}

private struct SetParameters {
    var file: JSON
    var baseHash: String?

    static let schema = Schema(
        Field(required: "file", ApprovalsFile.shape, "What is to stand in the file."),
        Field("baseHash", .nonEmptyString, "The `hash` this was made from; needed when there is a file."),
        as: SetParameters.init)
}

private let set = Method.awaiting(
    "exec.approvals.set", .scope(.admin), "Changes what agents may run.", SetParameters.schema, answer: snapshot
) { call, parameters in
    call.json(try call.gateway.approvals.replace(by: parameters.file, baseHash: parameters.baseHash))
}

// MARK: Of a node

private let node = Field(required: "nodeId", .nonEmptyString, "The node.")
private let nodeAnswer = Shape<JSON>.any

private struct NodeGetParameters {
    var nodeID: String

    static let schema = Schema(node, as: NodeGetParameters.init)
}

private let getOfNode = Method.awaiting(
    "exec.approvals.node.get", .scope(.admin),
    "What a node may run without asking, as it answers the command `system.execApprovals.get`.",
    NodeGetParameters.schema, answer: nodeAnswer
) { call, parameters in
    try await call.askOfApprovals("system.execApprovals.get", parameters.nodeID, [:])
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

private let setOfNode = Method.awaiting(
    "exec.approvals.node.set", .scope(.admin),
    "Changes what a node may run without asking, by the command `system.execApprovals.set`, which it answers.",
    NodeSetParameters.schema, answer: nodeAnswer
) { call, parameters in
    var params: JSONObject = ["file": parameters.file]
    params["baseHash"] = parameters.baseHash.map(JSON.string)
    return try await call.askOfApprovals("system.execApprovals.set", parameters.nodeID, .object(params))
}

extension MethodCall {
    fileprivate func askOfApprovals(_ command: String, _ node: String, _ params: JSON) async throws -> JSON {
        let answer = try await invoke(
            command, at: node, params: params, timeout: TimeSpan(30, .seconds), idempotencyKey: UUIDText.random())
        return answer.payload ?? .null
    }
}
