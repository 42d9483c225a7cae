public import Text

/// The secret all clients of a gateway share: a token or a password.
public struct SharedSecret: Sendable {
    /// Which of the two counts.
    public let mode: AuthSection.SecretKind
    /// The secret and where it came from; nil when none is configured.
    public let secret: Sourced<Secret>?

    /// Resolves the secret: command line, then configuration file, then environment. For serving, the file
    /// counts before the environment; it always has.
    ///
    /// Without a mode a password counts before a token, wherever either comes from, as it does for clients of the
    /// original; a token on the command line without a password beside it says what is meant.
    package init(file: AuthSection?, instance: Instance, arguments: GatewayArguments) {
        let path = instance.configurationFile.value
        func secret(_ argument: Secret?, _ written: Secret?, _ name: String, _ variable: String) -> Sourced<Secret>? {
            argument.map { Sourced($0, from: .argument("--\(name)")) }
                ?? written.map { Sourced($0, from: .file(key: "gateway.auth.\(name)", path: path)) }
                ?? instance.selection[variable].flatMap(Secret.init).map {
                    Sourced($0, from: instance.selection.source(variable))
                }
        }
        let token = secret(arguments.token, file?.token, "token", "MAZELCLAW_GATEWAY_TOKEN")
        let password = secret(arguments.password, file?.password, "password", "MAZELCLAW_GATEWAY_PASSWORD")
        let isTokenMeant = arguments.token != nil && arguments.password == nil
        mode = file?.mode ?? (password == nil || isTokenMeant ? .token : .password)
        self.secret = mode == .token ? token : password
    }

    /// Whether there is a secret at all.
    public var isConfigured: Bool { secret != nil }

    /// Whether `candidate` is the shared secret. Never true when none is configured.
    public func accept(_ candidate: Secret?) -> Bool {
        guard let candidate, let secret else { return false }
        return secret.value.matches(candidate)
    }
}
