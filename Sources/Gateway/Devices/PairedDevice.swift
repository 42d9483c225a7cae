import JSON

/// A device the owner let in, with what it may do and the tokens it was given.
struct PairedDevice: Sendable {
    /// A token that lets one device in again, in one role.
    struct Token: Sendable {
        var secret: Secret
        var role: Role
        var scopes: [String]
        /// Milliseconds since 1970.
        var issuedAt: Int64
    }

    var id: String
    /// The public key as base64url.
    var publicKey: String
    var displayName: String?
    var platform: String
    var clientID: String
    var clientMode: String
    var roles: [Role]
    var scopes: [String]
    var tokens: [Token]
    /// Milliseconds since 1970.
    var createdAt: Int64
    /// Milliseconds since 1970.
    var approvedAt: Int64

    /// Whether the device was let in as `role` with all of `scopes`.
    func allows(_ role: Role, scopes: [String]) -> Bool {
        roles.contains(role) && scopes.allSatisfy(self.scopes.contains)
    }
}

extension PairedDevice {
    /// The device as it is kept, tokens included.
    var json: JSON {
        var object = JSONObject()
        object["deviceId"] = .string(id)
        object["publicKey"] = .string(publicKey)
        object["displayName"] = displayName.map(JSON.string)
        object["platform"] = .string(platform)
        object["clientId"] = .string(clientID)
        object["clientMode"] = .string(clientMode)
        object["roles"] = .array(roles.map { .string($0.rawValue) })
        object["scopes"] = .array(scopes.map(JSON.string))
        object["tokens"] = .object(
            JSONObject(tokens.map { JSONObject.Member(name: $0.role.rawValue, value: $0.json) }))
        object["createdAtMs"] = .integer(createdAt)
        object["approvedAtMs"] = .integer(approvedAt)
        return .object(object)
    }

    /// The device as clients are shown it: of its tokens everything but the secret.
    var summary: JSON {
        guard case .object(var object) = json else { return json }
        object["tokens"] = .array(tokens.map(\.summary))
        return .object(object)
    }

    /// The members of `summary`.
    static let shape = Shape.object(
        Field(required: "deviceId", .string, "SHA-256 of its public key, in hexadecimal digits."),
        Field(required: "publicKey", .string, "The key, as base64url."),
        Field("displayName", .string, "A name for people."),
        Field(required: "platform", .string, "Its operating system."),
        Field(required: "clientId", .string, "The program."),
        Field(required: "clientMode", .string, "How it uses the gateway."),
        Field(required: "roles", .array(of: Shape<Role>.word), "What it may be."),
        Field(required: "scopes", .array(of: .string), "What it may do."),
        Field(
            required: "tokens",
            .list(
                of: .object(
                    Field(required: "role", Shape<Role>.word, "The role it is for."),
                    Field(required: "scopes", .array(of: .string), "What it opens."),
                    Field(required: "createdAtMs", .integer, "When it was made, in milliseconds since 1970."))),
            "Its tokens, without their secrets."),
        Field(required: "createdAtMs", .integer, "When it first asked, in milliseconds since 1970."),
        Field(required: "approvedAtMs", .integer, "When it was let in."))

    /// Reads a device; nil when something needed is missing.
    init?(_ json: JSON) {
        guard let id = json["deviceId"]?.string, let publicKey = json["publicKey"]?.string,
            let roles = json["roles"]?.array, let scopes = json["scopes"]?.array
        else { return nil }
        self.id = id
        self.publicKey = publicKey
        displayName = json["displayName"]?.string
        platform = json["platform"]?.string ?? ""
        clientID = json["clientId"]?.string ?? ""
        clientMode = json["clientMode"]?.string ?? ""
        self.roles = roles.compactMap { $0.string.flatMap(Role.init) }
        self.scopes = scopes.compactMap(\.string)
        tokens = json["tokens"]?.object?.members.compactMap { Token($0.value) } ?? []
        createdAt = json["createdAtMs"]?.integer ?? 0
        approvedAt = json["approvedAtMs"]?.integer ?? 0
    }
}

extension PairedDevice.Token {
    fileprivate var summary: JSON {
        [
            "role": .string(role.rawValue), "scopes": .array(scopes.map(JSON.string)),
            "createdAtMs": .integer(issuedAt),
        ]
    }

    fileprivate var json: JSON {
        [
            "token": .string(secret.revealed()), "role": .string(role.rawValue),
            "scopes": .array(scopes.map(JSON.string)), "createdAtMs": .integer(issuedAt),
        ]
    }

    fileprivate init?(_ json: JSON) {
        guard let secret = json["token"]?.string.flatMap(Secret.init),
            let role = json["role"]?.string.flatMap(Role.init)
        else { return nil }
        self.init(
            secret: secret, role: role, scopes: json["scopes"]?.array?.compactMap(\.string) ?? [],
            issuedAt: json["createdAtMs"]?.integer ?? 0)
    }
}
