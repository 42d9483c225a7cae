/// The secret all clients of a gateway share: a token or a password.
public struct Credentials: Sendable {
    /// Which of the two counts.
    public let mode: AuthSection.Mode
    /// The secret and where it came from; nil when none is configured.
    public let secret: Sourced<Secret>?

    /// Resolves the secret: command line, then configuration file, then environment. For serving, the file
    /// counts before the environment; it always has.
    init(file: AuthSection?, instance: Instance, arguments: GatewayArguments) {
        let hasOnlyPassword =
            file?.token == nil && arguments.token == nil
            && (file?.password != nil || arguments.password != nil)
        mode = file?.mode ?? (hasOnlyPassword ? .password : .token)
        let path = instance.configurationFile.value
        func environment(_ name: String) -> Sourced<Secret>? {
            instance.selection[name].flatMap(Secret.init).map { Sourced($0, from: instance.selection.source(name)) }
        }
        secret =
            switch mode {
            case .token:
                arguments.token.map { Sourced($0, from: .argument("--token")) }
                    ?? file?.token.map { Sourced($0, from: .file(key: "gateway.auth.token", path: path)) }
                    ?? environment("MAZELCLAW_GATEWAY_TOKEN")
            case .password:
                arguments.password.map { Sourced($0, from: .argument("--password")) }
                    ?? file?.password.map { Sourced($0, from: .file(key: "gateway.auth.password", path: path)) }
                    ?? environment("MAZELCLAW_GATEWAY_PASSWORD")
            }
    }

    /// Whether there is a secret at all.
    public var isConfigured: Bool { secret != nil }

    /// Whether `candidate` is the shared secret. Never true when none is configured.
    public func accept(_ candidate: Secret?) -> Bool {
        guard let candidate, let secret else { return false }
        return secret.value.matches(candidate)
    }
}
