public import Configuration
import Files
public import GatewayProtocol
public import JSON
import Text

extension GatewayConfiguration {
    /// Makes sure that a configuration which agents can write has none of this process's variables sent as the secret: only
    /// those that are meant for it, `MAZELCLAW_`. Throws `ConfigurationError.blocked`.
    public func requireOwnSecret() throws(ConfigurationError) {
        guard instance.isToldByPayload, let file else { return }
        let meant = instance.selection.environment.filter { $0.key.hasPrefix("MAZELCLAW_") }
        let state = instance.state
        let reader = ConfigurationReader(environment: meant, state: state) { (path) throws(StorageError) in
            try state.read(path)
        }
        let snapshot = reader.snapshot(of: file.path, text: file.snapshot.text)
        guard snapshot.resolved?["gateway"]?["auth"] != file.root["gateway"]?["auth"] else { return }
        throw .blocked(
            "gateway.auth in \(file.path) takes a variable of this shell, and agents can write that file; no secret was "
                + "sent. Name it MAZELCLAW_GATEWAY_TOKEN in both, or write the token itself")
    }
}

extension SharedSecret {
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
