import GatewayProtocol

extension NodeRegistry: ClientObserver {
    /// Takes in a client that is a node.
    func entered(
        _ client: Client, _ params: ConnectParams, on connection: Connection, from address: String?, at time: Int64
    ) {
        guard client.role == .node else { return }
        enter(
            NodeSession(
                id: client.nodeID, connection: connection, params: params, address: address, connectedAt: time))
    }

    func left(_ client: Client, _ connection: Connection) {
        if client.role == .node { leave(connection) }
    }
}
