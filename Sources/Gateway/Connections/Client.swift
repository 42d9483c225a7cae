import GatewayProtocol
import Time

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
    /// What it is known as among those who are there; nil when nobody need know of it.
    var presenceKey: String?
    /// Until when it may stay; nil means as long as it likes.
    var expiresAt: Timestamp?

    init(_ admission: Handshake.Admission, connectionID: String) {
        let client = admission.params.client
        self.connectionID = connectionID
        role = admission.role
        scopes = admission.scopes
        id = client.id
        mode = client.mode
        deviceID = admission.params.device?.id
        expiresAt = admission.expiresAt
        // Commands come and go; that they were there is no news.
        presenceKey = mode == .cli ? nil : deviceID ?? client.instanceID ?? connectionID
    }

    /// What it is called as a node.
    var nodeID: String { deviceID ?? id.text }

    /// Whether this client may hear of `event`.
    func mayHear(_ event: GatewayEvent) -> Bool {
        guard let scope = event.scope else { return true }
        return role == .operator && scope.isGranted(by: scopes)
    }

    /// Why this client may not call the method `name`, which is `method` if it is served; or nil.
    func refusal(of name: String, _ method: Method?) -> ProtocolError? {
        // Only an admin learns which methods exist; of those the protocol names, whoever could call them.
        switch (role, method?.access ?? UnservedMethods.access(name)) {
        case (.node, .node): nil
        case (.node, .scope), (.operator, .node):
            ProtocolError(.invalidRequest, "unauthorized role: \(role.rawValue)")
        case (.operator, .scope(let scope)):
            scope.isGranted(by: scopes) ? nil : ProtocolError(.invalidRequest, "missing scope: \(scope.rawValue)")
        }
    }

    /// Throws unless this client may do `scope`.
    func require(_ scope: Scope) throws(ProtocolError) {
        guard role == .operator, scope.isGranted(by: scopes) else {
            throw ProtocolError(.invalidRequest, "missing scope: \(scope.rawValue)")
        }
    }

    /// Throws unless this client may do all of `scopes` itself: nobody hands on what they do not have.
    func require(_ scopes: [String]) throws(ProtocolError) {
        for scope in scopes where !self.scopes.contains(scope) && !Scope.admin.isGranted(by: self.scopes) {
            throw ProtocolError(.invalidRequest, "missing scope: \(scope)")
        }
    }
}
