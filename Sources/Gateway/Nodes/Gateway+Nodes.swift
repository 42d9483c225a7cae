import GatewayProtocol
import Time

extension Gateway {
    /// Takes in `client`, a node that connected with `params`; `address` is nil for one on this host.
    func enter(node client: Client, _ params: ConnectParams, on connection: Connection, from address: String?) {
        nodes.enter(
            NodeSession(
                id: client.nodeID, connection: connection, params: params, address: address,
                connectedAt: clock.milliseconds))
    }
}
