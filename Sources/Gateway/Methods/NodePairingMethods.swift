import GatewayProtocol
import JSON
import Text
import Time

/// The methods that pair nodes by token.
struct NodePairingMethods: Sendable {
    let store: NodeStore
    let clients: Clients
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
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

    private var request: Method {
        Method.awaiting(
            "node.pair.request", .scope(.pairing), "Asks for a node to be paired. Asked again, it is the same request.",
            RequestParameters.schema,
            answer: .object(
                Field(required: "status", .constant("pending", true), "It waits for a decision, five minutes."),
                Field(required: "request", NodePairingRequest.shape, "The request."),
                Field(required: "created", .boolean, "Whether it is new."))
        ) { _, parameters in
            let (request, isNew) = try await store.request(
                parameters.nodeID, parameters.description, isSilent: parameters.isSilent)
            if isNew { clients.broadcast(.nodePairRequested, request.json) }
            return ["status": "pending", "request": request.json, "created": .bool(isNew)]
        }
    }

    private var list: Method {
        Method.immediate(
            "node.pair.list", .scope(.pairing), "The nodes that ask, and those that were paired.", NoParameters.schema,
            answer: .object(
                Field(required: "pending", .list(of: NodePairingRequest.shape), "Those that ask, the newest first."),
                Field(required: "paired", .list(of: PairedNode.shape), "Those that were paired, without their tokens."))
        ) { _, _ in
            [
                "pending": .array(store.pending.map(\.json)),
                "paired": .array(store.paired.map { .object($0.summary) }),
            ]
        }
    }

    private var approve: Method {
        Method.awaiting(
            "node.pair.approve", .scope(.pairing), "Pairs a node, and gives it a token. One it had counts no more.",
            PairingDecision.schema,
            answer: .object(
                Field(required: "requestId", .string, "The request's id."),
                Field(required: "node", PairedNode.shape, "The node, with its token."))
        ) { _, parameters in
            guard let (node, token) = try await store.approve(parameters.requestID) else {
                throw PairingDecision.unknown
            }
            announce("approved", on: node.nodeID, request: parameters.requestID)
            var object = node.summary
            object["token"] = .string(token.revealed())
            return ["requestId": .string(parameters.requestID), "node": .object(object)]
        }
    }

    private var reject: Method {
        Method.awaiting(
            "node.pair.reject", .scope(.pairing), "Turns a node away. It may ask again.", PairingDecision.schema,
            answer: .object(
                Field(required: "requestId", .string, "The request's id."),
                Field(required: "nodeId", .string, "The node."))
        ) { _, parameters in
            guard let request = try await store.reject(parameters.requestID) else {
                throw PairingDecision.unknown
            }
            announce("rejected", on: request.nodeID, request: request.id)
            return ["requestId": .string(request.id), "nodeId": .string(request.nodeID)]
        }
    }

    private struct TokenQuestion {
        var nodeID: String
        var token: Secret?

        static let schema = Schema(
            NodeDescription.id, Field(required: "token", .nonEmptyString, "The token it was given.")
        ) { nodeID, token in TokenQuestion(nodeID: nodeID, token: Secret(token)) }
    }

    private var verify: Method {
        Method.immediate(
            "node.pair.verify", .scope(.pairing), "Whether a token is that of a paired node.", TokenQuestion.schema,
            answer: .object(
                Field(required: "ok", .boolean, "Whether it is."),
                Field("node", PairedNode.shape, "The node, if it is."))
        ) { _, parameters in
            guard let token = parameters.token,
                let node = store.verify(parameters.nodeID, token: token)
            else {
                return ["ok": false]
            }
            return ["ok": true, "node": .object(node.summary)]
        }
    }

    private func announce(_ decision: String, on id: String, request: String) {
        clients.broadcast(
            .nodePairResolved,
            [
                "requestId": .string(request), "nodeId": .string(id), "decision": .string(decision),
                "ts": .integer(clock.milliseconds),
            ])
    }
}
