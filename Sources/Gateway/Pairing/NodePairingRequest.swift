import GatewayProtocol
import JSON

/// A node that asks to be paired, in its own words.
struct NodePairingRequest: PendingPairing {
    var id: String
    var nodeID: String
    /// What else it says of itself: the members `NodeDescription` names.
    var description: JSONObject
    /// Whether a client is not to disturb its owner with it.
    var isSilent: Bool?
    /// Whether the node was paired before.
    var isRepair: Bool
    /// Milliseconds since 1970.
    var createdAt: Int64

    static let table = "nodePairingRequest"

    var peerID: String { nodeID }

    func asksTheSame(as other: Self) -> Bool { nodeID == other.nodeID }

    /// The request as the event `node.pair.requested` and the database have it.
    var json: JSON {
        var object: JSONObject = ["requestId": .string(id), "nodeId": .string(nodeID)]
        for member in description.members { object[member.name] = member.value }
        object["silent"] = isSilent.map(JSON.bool)
        object["isRepair"] = isRepair ? true : nil
        object["ts"] = .integer(createdAt)
        return .object(object)
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "requestId", .string, "The request's id."), NodeDescription.id, NodeDescription.name,
        NodeDescription.platform, NodeDescription.version, NodeDescription.coreVersion, NodeDescription.uiVersion,
        NodeDescription.family, NodeDescription.model, NodeDescription.capabilities, NodeDescription.commands,
        NodeDescription.address, Field("silent", .boolean, "Whether its owner is not to be disturbed with it."),
        Field("isRepair", .boolean, "True when the node was paired before."),
        Field(required: "ts", .integer, "When it asked, in milliseconds since 1970."))

    /// Reads a request; nil when something needed is missing.
    init?(_ object: JSONObject) {
        guard let id = object["requestId"]?.string, let nodeID = object["nodeId"]?.string,
            let createdAt = object["ts"]?.integer
        else { return nil }
        self.init(
            id: id, nodeID: nodeID, description: NodeDescription.part(of: object), isSilent: object["silent"]?.bool,
            isRepair: object["isRepair"]?.bool ?? false, createdAt: createdAt)
    }

    init(
        id: String, nodeID: String, description: JSONObject, isSilent: Bool?, isRepair: Bool, createdAt: Int64
    ) {
        self.id = id
        self.nodeID = nodeID
        self.description = description
        self.isSilent = isSilent
        self.isRepair = isRepair
        self.createdAt = createdAt
    }
}
