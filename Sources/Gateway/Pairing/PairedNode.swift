import GatewayProtocol
import JSON

/// A node that was paired.
struct PairedNode: PairingRecord {
    var nodeID: String
    /// What else it said of itself.
    var description: JSONObject
    /// SHA-256 of its token, in hexadecimal digits: the token itself is shown once and kept nowhere.
    var tokenDigest: String
    /// When it was first paired, in milliseconds since 1970.
    var createdAt: Int64
    /// Milliseconds since 1970.
    var approvedAt: Int64

    static let table = "node"
    static let idColumn = "nodeId"
    static let noun = "node"

    var id: String { nodeID }

    /// The node as clients are shown it.
    var summary: JSONObject {
        var object: JSONObject = ["nodeId": .string(nodeID)]
        for member in description.members { object[member.name] = member.value }
        object["createdAtMs"] = .integer(createdAt)
        object["approvedAtMs"] = .integer(approvedAt)
        return object
    }

    /// The node as the database keeps it.
    var json: JSON {
        var object = summary
        object["tokenDigest"] = .string(tokenDigest)
        return .object(object)
    }

    /// The members of `summary`; of the answer to an approval, the token as well.
    static let shape = Shape.object(
        NodeDescription.id, NodeDescription.name, NodeDescription.platform, NodeDescription.version,
        NodeDescription.coreVersion, NodeDescription.uiVersion, NodeDescription.family, NodeDescription.model,
        NodeDescription.capabilities, NodeDescription.commands, NodeDescription.address,
        Field("token", .string, "Its token, when it is approved. It is shown this once."),
        Field(required: "createdAtMs", .integer, "When it was first paired, in milliseconds since 1970."),
        Field(required: "approvedAtMs", .integer, "When it was approved."))

    /// Reads a node; nil when something needed is missing.
    init?(_ object: JSONObject) {
        guard let nodeID = object["nodeId"]?.string, let tokenDigest = object["tokenDigest"]?.string,
            let createdAt = object["createdAtMs"]?.integer, let approvedAt = object["approvedAtMs"]?.integer
        else { return nil }
        self.init(
            nodeID: nodeID, description: NodeDescription.part(of: object), tokenDigest: tokenDigest,
            createdAt: createdAt, approvedAt: approvedAt)
    }

    init(nodeID: String, description: JSONObject, tokenDigest: String, createdAt: Int64, approvedAt: Int64) {
        self.nodeID = nodeID
        self.description = description
        self.tokenDigest = tokenDigest
        self.createdAt = createdAt
        self.approvedAt = approvedAt
    }
}
