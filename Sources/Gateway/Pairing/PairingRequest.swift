import GatewayProtocol
import JSON

/// A device that asks to be let in.
struct PairingRequest: PendingPairing {
    var id: String
    var deviceID: String
    /// The public key as base64url.
    var publicKey: String
    var displayName: String?
    var platform: String
    var clientID: String
    var clientMode: String
    var role: Role
    var scopes: [String]
    var remoteAddress: String
    /// Milliseconds since 1970.
    var createdAt: Int64
    /// Whether the device was let in before, and asks for more or with another key.
    var isRepair = false

    static let table = "pairingRequest"

    var peerID: String { deviceID }

    func asksTheSame(as other: Self) -> Bool {
        deviceID == other.deviceID && role == other.role && scopes == other.scopes
    }

    /// The request as the event `device.pair.requested` and the database have it.
    var json: JSON {
        var object = JSONObject()
        object["requestId"] = .string(id)
        object["deviceId"] = .string(deviceID)
        object["publicKey"] = .string(publicKey)
        object["displayName"] = displayName.map(JSON.string)
        object["platform"] = .string(platform)
        object["clientId"] = .string(clientID)
        object["clientMode"] = .string(clientMode)
        object["role"] = .string(role.rawValue)
        object["roles"] = [.string(role.rawValue)]
        object["scopes"] = .array(scopes.map(JSON.string))
        object["remoteIp"] = .string(remoteAddress)
        // A device that need not ask makes no request.
        object["silent"] = false
        object["isRepair"] = .bool(isRepair)
        object["ts"] = .integer(createdAt)
        return .object(object)
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "requestId", .string, "The request's id."),
        Field(required: "deviceId", .string, "The device: SHA-256 of its public key, in hexadecimal digits."),
        Field(required: "publicKey", .string, "The key, as base64url."),
        Field("displayName", .string, "A name for people."),
        Field(required: "platform", .string, "Its operating system."),
        Field(required: "clientId", .string, "The program."),
        Field(required: "clientMode", .string, "How it uses the gateway."),
        Field(required: "role", Shape<Role>.word, "What it wants to be."),
        Field(required: "roles", .array(of: .string), "The same as a list."),
        Field(required: "scopes", .array(of: .string), "What it wants to do."),
        Field(required: "remoteIp", .string, "Where it asked from."),
        Field(required: "silent", .boolean, "Always false: a device that is let in at once makes no request."),
        Field(
            required: "isRepair", .boolean,
            "Whether the device was let in before, and asks for more or with another key."),
        Field(required: "ts", .integer, "When it asked, in milliseconds since 1970."))

    /// Reads a request; nil when something needed is missing.
    init?(_ json: JSONObject) {
        guard let id = json["requestId"]?.string, let deviceID = json["deviceId"]?.string,
            let publicKey = json["publicKey"]?.string, let role = json["role"]?.string.flatMap(Role.init),
            let createdAt = json["ts"]?.integer
        else { return nil }
        self.init(
            id: id, deviceID: deviceID, publicKey: publicKey, displayName: json["displayName"]?.string,
            platform: json["platform"]?.string ?? "", clientID: json["clientId"]?.string ?? "",
            clientMode: json["clientMode"]?.string ?? "", role: role,
            scopes: role == .node ? [] : json["scopes"]?.array?.compactMap(\.string) ?? [],
            remoteAddress: json["remoteIp"]?.string ?? "", createdAt: createdAt)
        isRepair = json["isRepair"]?.bool ?? false
    }

    init(
        id: String, deviceID: String, publicKey: String, displayName: String?, platform: String, clientID: String,
        clientMode: String, role: Role, scopes: [String], remoteAddress: String, createdAt: Int64
    ) {
        self.id = id
        self.deviceID = deviceID
        self.publicKey = publicKey
        self.displayName = displayName
        self.platform = platform
        self.clientID = clientID
        self.clientMode = clientMode
        self.role = role
        self.scopes = scopes
        self.remoteAddress = remoteAddress
        self.createdAt = createdAt
    }
}
