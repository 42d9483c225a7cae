import GatewayProtocol

/// A node that is connected, with what it offers.
struct NodeSession: Sendable {
    let id: String
    let connection: Connection
    let params: ConnectParams
    /// Where it connected from; nil for this host.
    let address: String?
    /// Milliseconds since 1970.
    let connectedAt: Int64
}
