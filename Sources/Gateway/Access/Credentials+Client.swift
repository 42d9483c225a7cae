public import JSON

extension Credentials {
    /// The parameters of `connect` for a command of this instance, which asks for `scopes`: the secret is shown to the
    /// gateway it belongs to.
    ///
    /// Throws `ConfigurationError.blocked` when there is none, or only a password: who comes without a device must
    /// have a token.
    public func connectParams(scopes: [Scope]) throws(ConfigurationError) -> JSON {
        guard let secret else {
            throw .blocked("no \(mode.rawValue) is configured, so nobody can connect; `mazelclaw setup` makes a token")
        }
        guard mode == .token else {
            throw .blocked(
                "gateway.auth.mode is password, and a password alone lets no command in; set gateway.auth.token and "
                    + "gateway.auth.mode token")
        }
        return [
            "minProtocol": .integer(ProtocolVersion.current), "maxProtocol": .integer(ProtocolVersion.current),
            "client": [
                "id": "cli", "version": .string(Version.current), "platform": .string(HostDescription.current.platform),
                "mode": "cli",
            ],
            "role": .string(Role.operator.rawValue), "scopes": .array(scopes.map { .string($0.rawValue) }),
            "auth": ["token": .string(secret.value.revealed())],
        ]
    }
}
