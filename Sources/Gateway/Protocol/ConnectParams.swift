public import JSON

/// The parameters of `connect`, the first request of every client.
public struct ConnectParams: Sendable {
    /// Who connects.
    public struct Client: Sendable {
        /// The program.
        public var id: ClientID
        /// A name for people.
        public var displayName: String?
        /// The program's version.
        public var version: String
        /// The operating system.
        public var platform: String
        /// The kind of device.
        public var deviceFamily: String?
        /// The device's model.
        public var modelIdentifier: String?
        /// How it uses the gateway.
        public var mode: ClientMode
        /// Tells two runs of one program apart.
        public var instanceID: String?
    }

    /// A device's proof of its identity.
    public struct Device: Sendable {
        /// SHA-256 of the public key, in hexadecimal digits.
        public var id: String
        /// The Ed25519 public key: 32 bytes as base64url, or PEM.
        public var publicKey: String
        /// The signature as base64url.
        public var signature: String
        /// When it was signed, in milliseconds since 1970.
        public var signedAt: Int64
        /// The challenge that was signed.
        public var nonce: String?
    }

    /// The lowest protocol version the client speaks.
    public var minProtocol: Int64
    /// The highest.
    public var maxProtocol: Int64
    /// Who connects.
    public var client: Client
    /// What the client can do.
    public var capabilities: [String]
    /// The commands a node offers.
    public var commands: [String]
    /// The role asked for, as sent; nil means operator.
    public var role: String?
    /// The scopes asked for, in the order sent.
    public var scopes: [String]
    /// The device, when it proves one.
    public var device: Device?
    /// The shared token or a device's own.
    public var token: Secret?
    /// The shared password.
    public var password: Secret?

    /// Reads the parameters. Throws `ProtocolError` that lists everything wrong.
    public init(_ json: JSON?) throws(ProtocolError) {
        var root = ParameterReader(
            json, required: ["minProtocol", "maxProtocol", "client"],
            optional: [
                "caps", "commands", "permissions", "pathEnv", "role", "scopes", "device", "auth", "locale",
                "userAgent",
            ])
        let minProtocol = root.integer("minProtocol", atLeast: 1)
        let maxProtocol = root.integer("maxProtocol", atLeast: 1)
        let client = Self.client(&root)
        capabilities = root.strings("caps") ?? []
        commands = root.strings("commands") ?? []
        _ = root.booleans("permissions")
        _ = root.string("pathEnv")
        role = root.nonEmptyString("role")
        scopes = root.strings("scopes") ?? []
        device = Self.device(&root)
        if var auth = root.object("auth", optional: ["token", "password"]) {
            token = auth.string("token").flatMap(Secret.init)
            password = auth.string("password").flatMap(Secret.init)
            root.adopt(auth)
        }
        _ = root.string("locale")
        _ = root.string("userAgent")
        guard root.faults.isEmpty, let minProtocol, let maxProtocol, let client else {
            throw ProtocolError(.invalidRequest, "invalid connect params: \(root.faultText ?? "")")
        }
        self.minProtocol = minProtocol
        self.maxProtocol = maxProtocol
        self.client = client
    }

    private static func client(_ root: inout ParameterReader) -> Client? {
        guard
            var reader = root.object(
                "client", required: ["id", "version", "platform", "mode"],
                optional: ["displayName", "deviceFamily", "modelIdentifier", "instanceId"])
        else { return nil }
        defer { root.adopt(reader) }
        let id = reader.choice("id", ClientID.init)
        let displayName = reader.nonEmptyString("displayName")
        let version = reader.nonEmptyString("version")
        let platform = reader.nonEmptyString("platform")
        let family = reader.nonEmptyString("deviceFamily")
        let model = reader.nonEmptyString("modelIdentifier")
        let mode = reader.choice("mode", ClientMode.init)
        let instanceID = reader.nonEmptyString("instanceId")
        guard let id, let version, let platform, let mode else { return nil }
        return Client(
            id: id, displayName: displayName, version: version, platform: platform, deviceFamily: family,
            modelIdentifier: model, mode: mode, instanceID: instanceID)
    }

    private static func device(_ root: inout ParameterReader) -> Device? {
        guard
            var reader = root.object(
                "device", required: ["id", "publicKey", "signature", "signedAt"], optional: ["nonce"])
        else { return nil }
        defer { root.adopt(reader) }
        let id = reader.nonEmptyString("id")
        let publicKey = reader.nonEmptyString("publicKey")
        let signature = reader.nonEmptyString("signature")
        let signedAt = reader.integer("signedAt", atLeast: 0)
        let nonce = reader.nonEmptyString("nonce")
        guard let id, let publicKey, let signature, let signedAt else { return nil }
        return Device(id: id, publicKey: publicKey, signature: signature, signedAt: signedAt, nonce: nonce)
    }
}
