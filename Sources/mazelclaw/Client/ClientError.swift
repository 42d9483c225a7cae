/// Why a command could not have the gateway do something.
enum ClientError: Error, CustomStringConvertible {
    /// Nothing can be reached there.
    case unreachable(port: UInt16, reason: String)
    /// Something is there that is no gateway.
    case noGateway(port: UInt16)
    /// What is there does not show the certificate of this instance's gateway.
    case stranger(port: UInt16)
    /// What is there is not this instance's, so that nothing was shown to it.
    case foreign(port: UInt16, reason: String)
    /// The gateway let us not in.
    case refused(String)
    /// The gateway closed the connection.
    case closed(String)
    /// The gateway did not do what it was asked.
    case failed(String)

    /// One sentence: what did not come about, why, and what to do.
    var description: String {
        switch self {
        case .unreachable(let port, let reason):
            "no gateway answers on 127.0.0.1 port \(port) (\(reason)); start it with `mazelclaw-run` or "
                + "`mazelclaw gateway`"
        case .noGateway(let port): "what answers on 127.0.0.1 port \(port) is no gateway"
        case .stranger(let port):
            "what answers on 127.0.0.1 port \(port) does not show the certificate of this profile's gateway; restart the "
                + "gateway if gateway.tls or its certificate was changed"
        case .foreign(let port, let reason):
            "what listens on 127.0.0.1 port \(port) is not this profile's gateway, and no secret was sent: \(reason)"
        case .refused(let reason): "the gateway refused the connection: \(reason)"
        case .closed(let reason): "the gateway closed the connection: \(reason)"
        case .failed(let reason): reason
        }
    }
}
