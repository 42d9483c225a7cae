import GatewayProtocol
import JSON
import Text
import Time

extension MethodGroup {
    /// Pairing of nodes by token.
    static let nodePairing = MethodGroup(
        "Node pairing",
        """
        The older kind of pairing: a node asks, its owner approves, and from then on its token tells it from others \
        (`node.pair.verify`). It opens no connection: a node that connects is let in by its device (see Devices).
        """,
        [request, list, approve, reject, verify])
}

private struct RequestParameters {
    var nodeID: String
    var description: JSONObject
    var isSilent: Bool?

    static let schema = Schema(
        NodeDescription.id, NodeDescription.name, NodeDescription.platform, NodeDescription.version,
        NodeDescription.coreVersion, NodeDescription.uiVersion, NodeDescription.family, NodeDescription.model,
        NodeDescription.capabilities, NodeDescription.commands, NodeDescription.address,
        Field("silent", .boolean, "Whether its owner is not to be disturbed with it."),
        as: { id, name, platform, version, core, ui, family, model, capabilities, commands, address, isSilent in
            var object = JSONObject()
            object["displayName"] = name.map(JSON.string)
            object["platform"] = platform.map(JSON.string)
            object["version"] = version.map(JSON.string)
            object["coreVersion"] = core.map(JSON.string)
            object["uiVersion"] = ui.map(JSON.string)
            object["deviceFamily"] = family.map(JSON.string)
            object["modelIdentifier"] = model.map(JSON.string)
            object["caps"] = capabilities.map(JSON.strings)
            object["commands"] = commands.map(JSON.strings)
            object["remoteIp"] = address.map(JSON.string)
            return RequestParameters(nodeID: id, description: object, isSilent: isSilent)
        })
}

private let request = Method.awaiting(
    "node.pair.request", .scope(.pairing), "Asks for a node to be paired. Asked again, it is the same request.",
    RequestParameters.schema,
    answer: .object(
        Field(required: "status", .constant("pending", true), "It waits for a decision, five minutes."),
        Field(required: "request", NodePairingRequest.shape, "The request."),
        Field(required: "created", .boolean, "Whether it is new."))
) { call, parameters in
    let (request, isNew) = try await call.gateway.nodeStore.request(
        parameters.nodeID, parameters.description, isSilent: parameters.isSilent)
    if isNew { call.gateway.broadcast(.nodePairRequested, request.json) }
    return ["status": "pending", "request": request.json, "created": .bool(isNew)]
}

private let list = Method.immediate(
    "node.pair.list", .scope(.pairing), "The nodes that ask, and those that were paired.", NoParameters.schema,
    answer: .object(
        Field(required: "pending", .list(of: NodePairingRequest.shape), "Those that ask, the newest first."),
        Field(required: "paired", .list(of: PairedNode.shape), "Those that were paired, without their tokens."))
) { call, _ in
    let nodes = call.gateway.nodeStore
    return [
        "pending": .array(nodes.pending.map(\.json)), "paired": .array(nodes.paired.map { .object($0.summary) }),
    ]
}

private let approve = Method.awaiting(
    "node.pair.approve", .scope(.pairing), "Pairs a node, and gives it a token. One it had counts no more.",
    PairingDecision.schema,
    answer: .object(
        Field(required: "requestId", .string, "The request's id."),
        Field(required: "node", PairedNode.shape, "The node, with its token."))
) { call, parameters in
    guard let (node, token) = try await call.gateway.nodeStore.approve(parameters.requestID) else {
        throw PairingDecision.unknown
    }
    call.gateway.announceDecision("approved", onNode: node.nodeID, request: parameters.requestID)
    var object = node.summary
    object["token"] = .string(token.revealed())
    return ["requestId": .string(parameters.requestID), "node": .object(object)]
}

private let reject = Method.awaiting(
    "node.pair.reject", .scope(.pairing), "Turns a node away. It may ask again.", PairingDecision.schema,
    answer: .object(
        Field(required: "requestId", .string, "The request's id."), Field(required: "nodeId", .string, "The node."))
) { call, parameters in
    guard let request = try await call.gateway.nodeStore.reject(parameters.requestID) else {
        throw PairingDecision.unknown
    }
    call.gateway.announceDecision("rejected", onNode: request.nodeID, request: request.id)
    return ["requestId": .string(request.id), "nodeId": .string(request.nodeID)]
}

private struct TokenQuestion {
    var nodeID: String
    var token: Secret?

    static let schema = Schema(
        NodeDescription.id, Field(required: "token", .nonEmptyString, "The token it was given.")
    ) { nodeID, token in TokenQuestion(nodeID: nodeID, token: Secret(token)) }
}

private let verify = Method.immediate(
    "node.pair.verify", .scope(.pairing), "Whether a token is that of a paired node.", TokenQuestion.schema,
    answer: .object(
        Field(required: "ok", .boolean, "Whether it is."), Field("node", PairedNode.shape, "The node, if it is."))
) { call, parameters in
    guard let token = parameters.token, let node = call.gateway.nodeStore.verify(parameters.nodeID, token: token) else {
        return ["ok": false]
    }
    return ["ok": true, "node": .object(node.summary)]
}

extension Gateway {
    fileprivate func announceDecision(_ decision: String, onNode id: String, request: String) {
        broadcast(
            .nodePairResolved,
            [
                "requestId": .string(request), "nodeId": .string(id), "decision": .string(decision),
                "ts": .integer(clock.milliseconds),
            ])
    }
}
