/// Which network a sandbox has: the profile's key `network`.
public enum NetworkMode: String, Sendable, CaseIterable {
    /// The host's, of which only the profile's ports may be used. The default.
    case shared
    /// One of its own, in which all is as with `none` but for the gateway's port: that is bound in the host's network, on
    /// loopback.
    case `private`
    /// One of its own with nothing in it but loopback (network_namespaces(7)): programs inside reach each other, and
    /// nobody else.
    case none

    /// Whether the sandbox has a network namespace of its own.
    public var isOwn: Bool { self != .shared }
}

extension NetworkMode {
    /// Why a socket of the host's network is not passed on to a sandbox that has one of its own.
    func refusal(of socket: PassedSocket) -> String {
        "cannot pass on descriptor \(socket.descriptor) of LISTEN_FDS (\(socket.kind)), rule network-\(rawValue): a socket "
            + "of the host's network can be disconnected and connected to others there; leave the socket unit out, or "
            + "set \"network\": \"shared\" in the profile"
    }
}
