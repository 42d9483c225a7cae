public import JSON
public import Text

/// The parameters of `connect`, the first request of every client.
public struct ConnectParams: Sendable {
    /// The program that connects, as it describes itself (`client`).
    public struct Client: Sendable {
        /// Which program it is, by the name that the protocol gives it.
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

        private static let name = Shape.string(1...ProtocolLimits.nameCharacters)
        static let schema = Schema(
            Field(required: "id", .clientID, "The program."),
            Field("displayName", name, "A name for people."),
            Field(required: "version", name, "The program's version."),
            Field(required: "platform", name, "The operating system."),
            Field("deviceFamily", name, "The kind of device."),
            Field("modelIdentifier", name, "The device's model."),
            Field(required: "mode", Shape<ClientMode>.word, "How it uses the gateway."),
            Field("instanceId", name, "Tells two runs of one program apart."),
            as: Client.init)
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

        static let schema = Schema(
            Field(required: "id", .nonEmptyString, "SHA-256 of the public key, in hexadecimal digits."),
            Field(required: "publicKey", .nonEmptyString, "The Ed25519 key: 32 bytes as base64url, or PEM."),
            Field(required: "signature", .nonEmptyString, "The signature, as base64url."),
            Field(required: "signedAt", .integer(0...), "When it was signed, in milliseconds since 1970."),
            Field("nonce", .nonEmptyString, "The challenge that was signed; needed from afar."),
            as: Device.init)
    }

    /// The secrets a client shows.
    public struct Auth: Sendable {
        /// The shared token or a device's own.
        public var token: Secret?
        /// The shared password.
        public var password: Secret?

        static let schema = Schema(
            Field("token", .string, "The shared token, or the device's own."),
            Field("password", .string, "The shared password."),
            as: { Auth(token: $0.flatMap(Secret.init), password: $1.flatMap(Secret.init)) })
    }

    /// The lowest protocol version the client speaks.
    public var minProtocol: Int64
    /// The highest protocol version the client speaks.
    public var maxProtocol: Int64
    /// The program that connects, as it describes itself.
    public var client: Client
    /// What the client can do.
    public var capabilities: [String]
    /// The commands a node offers.
    public var commands: [String]
    /// What a node's owner lets it do.
    public var permissions: [(name: String, isGranted: Bool)]
    /// Where a node looks for programs.
    public var pathEnvironment: String?
    /// The role asked for, as sent; nil means operator.
    public var role: String?
    /// The scopes asked for, in the order sent.
    public var scopes: [String]
    /// The device, when it proves one.
    public var device: Device?
    /// The secrets shown.
    public var auth: Auth

    package static let schema = Schema(
        Field(required: "minProtocol", .integer(1...), "The lowest protocol version the client speaks."),
        Field(required: "maxProtocol", .integer(1...), "The highest."),
        Field(required: "client", .object(Client.schema), "Who connects."),
        Field("caps", .array(of: .string(1...ProtocolLimits.nameCharacters)), default: [], "What the client can do."),
        Field(
            "commands", .array(of: .string(1...ProtocolLimits.nameCharacters)), default: [],
            "The commands a node offers."),
        Field("permissions", .record(of: .boolean), default: [], "What a node's owner lets it do."),
        Field("pathEnv", .string, "Where a node looks for programs."),
        Field("role", .nonEmptyString, "`operator`, which is the default, or `node`."),
        Field(
            "scopes", .array(of: .string(1...ProtocolLimits.nameCharacters)), default: [],
            "The scopes asked for; none means all of them."),
        Field("device", .object(Device.schema), "A device's proof of its identity."),
        Field("auth", .object(Auth.schema), default: Auth(), "The secrets that let a client in."),
        Field("locale", .string, "The user's language."), Field("userAgent", .string, "The browser."),
        as: ConnectParams.init)

    private init(
        minProtocol: Int64, maxProtocol: Int64, client: Client, capabilities: [String], commands: [String],
        permissions: [Named<Bool>], pathEnvironment: String?, role: String?, scopes: [String], device: Device?,
        auth: Auth, locale: String?, userAgent: String?
    ) {
        self.minProtocol = minProtocol
        self.maxProtocol = maxProtocol
        self.client = client
        self.capabilities = capabilities
        self.commands = commands
        self.permissions = permissions.map { ($0.name, $0.value) }
        self.pathEnvironment = pathEnvironment
        self.role = role
        self.scopes = scopes
        self.device = device
        self.auth = auth
    }

    /// Reads the parameters. Throws `ProtocolError` that lists everything wrong.
    public init(_ json: JSON?) throws(ProtocolError) {
        var faults = Faults()
        guard let params = Self.schema.read(json ?? .null, &faults) else {
            throw ProtocolError(.invalidRequest, "invalid connect params: \(faults.text)")
        }
        self = params
    }
}
