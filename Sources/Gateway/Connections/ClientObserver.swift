import GatewayProtocol

/// Somebody who is told of clients that come and go.
protocol ClientObserver: Sendable {
    /// `client` came in on `connection` with `params` at `time`, in milliseconds since 1970; `address` is nil for one on this
    /// host.
    func entered(
        _ client: Client, _ params: ConnectParams, on connection: Connection, from address: String?, at time: Int64)

    /// `connection`, on which `client` was, ended.
    func left(_ client: Client, _ connection: Connection)
}
