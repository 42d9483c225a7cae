import GatewayProtocol
import JSON
import Text

/// A device the owner let in, with what it may do and the tokens it was given.
struct PairedDevice: Sendable {
    /// What a device may be, and what it may do as that.
    struct Grant: Equatable, Sendable {
        var role: Role
        /// Always none for a node.
        var scopes: [String]
    }

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
    /// One for each role it was let in with. What it may do in one of them says nothing about the others.
    private(set) var grants: [Grant]
    var tokens: [Token]
    /// Milliseconds since 1970.
    var createdAt: Int64
    /// Milliseconds since 1970.
    var approvedAt: Int64

    /// A device of `request` that may do nothing yet.
    init(_ request: PairingRequest) {
        id = request.deviceID
        publicKey = request.publicKey
        platform = request.platform
        clientID = request.clientID
        clientMode = request.clientMode
        grants = []
        tokens = []
        createdAt = request.createdAt
        approvedAt = 0
    }

    /// What it may be.
    var roles: [Role] { grants.map(\.role) }

    /// What it may do as `role`; nil when it was not let in as that.
    func scopes(as role: Role) -> [String]? {
        grants.first { $0.role == role }?.scopes
    }

    /// Whether the device was let in as `role` with all of `scopes`.
    func allows(_ role: Role, scopes: [String]) -> Bool {
        self.scopes(as: role).map { scopes.allSatisfy($0.contains) } ?? false
    }

    /// Lets it be `role` and do `scopes` as that, beside what it may already. A node has no scopes.
    mutating func grant(_ role: Role, scopes: [String]) {
        let scopes = role == .node ? [] : scopes
        guard let index = grants.firstIndex(where: { $0.role == role }) else {
            return grants.append(Grant(role: role, scopes: scopes))
        }
        grants[index].scopes += scopes.filter { !grants[index].scopes.contains($0) }
    }

    /// The token it has for `role`, when that covers `scopes`.
    func token(for role: Role, covering scopes: [String]) -> Token? {
        tokens.first { $0.role == role && scopes.allSatisfy($0.scopes.contains) }
    }

    /// Gives it a new token for `role`; the one it had opens nothing any more. `time` is in milliseconds since 1970.
    mutating func renewToken(for role: Role, scopes: [String], at time: Int64) -> Token {
        let token = Token(secret: .random(byteCount: 16), role: role, scopes: scopes, issuedAt: time)
        tokens = tokens.filter { $0.role != role } + [token]
        return token
    }
}

extension PairedDevice: PairingRecord {
    static let table = "device"
    static let idColumn = "deviceId"
    static let noun = "device"

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
        object["scopes"] = .strings(scopes(as: .operator) ?? [])
        object["grants"] = .array(
            grants.map { ["role": .string($0.role.rawValue), "scopes": .strings($0.scopes)] })
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
        Field(required: "scopes", .array(of: .string), "What it may do as an operator."),
        Field(
            required: "grants",
            .list(
                of: .object(
                    Field(required: "role", Shape<Role>.word, "What it may be."),
                    Field(required: "scopes", .array(of: .string), "What it may do as that; a node has none."))),
            "What it may do in each role."),
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
    ///
    /// Earlier versions kept one list of scopes for all roles, to which a device added when it asked to be a node. Where it
    /// was let in as both nobody can tell who granted what, and it has to ask again to be an operator.
    init?(_ json: JSONObject) {
        guard let id = json["deviceId"]?.string, let publicKey = json["publicKey"]?.string,
            let roles = json["roles"]?.array, let scopes = json["scopes"]?.array
        else { return nil }
        self.id = id
        self.publicKey = publicKey
        displayName = json["displayName"]?.string
        platform = json["platform"]?.string ?? ""
        clientID = json["clientId"]?.string ?? ""
        clientMode = json["clientMode"]?.string ?? ""
        createdAt = json["createdAtMs"]?.integer ?? 0
        approvedAt = json["approvedAtMs"]?.integer ?? 0
        grants = []
        tokens = json["tokens"]?.object?.members.compactMap { Token($0.value) } ?? []
        if let list = json["grants"]?.array {
            for grant in list {
                guard let role = grant["role"]?.string.flatMap(Role.init) else { continue }
                self.grant(role, scopes: grant["scopes"]?.array?.compactMap(\.string) ?? [])
            }
        } else {
            let known = roles.compactMap { $0.string.flatMap(Role.init) }
            for role in known where role == .node || !known.contains(.node) {
                grant(role, scopes: scopes.compactMap(\.string))
            }
        }
        let kept = tokens.filter { allows($0.role, scopes: $0.scopes) }
        tokens = kept
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
