/// Somebody who came through the handshake.
struct Client: Sendable {
    /// The connection's id.
    var connectionID: String
    var role: Role
    var scopes: [String]
    var id: ClientID
    var mode: ClientMode
    /// The device, when one was proved.
    var deviceID: String?

    /// Whether this client may hear of `event`.
    func mayHear(_ event: String) -> Bool {
        guard let scope = GatewayEvent.scope(event) else { return true }
        return role == .operator && scope.isGranted(by: scopes)
    }
}
