public import Text

/// What the command line of `gateway` may say.
public struct GatewayArguments: Sendable {
    /// `--port`, not yet judged.
    public var port: Int?
    /// `--token`: the token that clients share; it counts before the file's.
    public var token: Secret?
    /// `--password`: the password that clients share; it counts before the file's.
    public var password: Secret?
    /// `--allow-unconfigured`: start although gateway.mode is not `local`.
    public var allowsUnconfigured: Bool

    /// Arguments, of which none need be given.
    public init(port: Int? = nil, token: Secret? = nil, password: Secret? = nil, allowsUnconfigured: Bool = false) {
        self.port = port
        self.token = token
        self.password = password
        self.allowsUnconfigured = allowsUnconfigured
    }
}
