/// How many sockets of one instance may hold a port of the host's network at once: the host has 28,000 ephemeral ports
/// (ip(7), ip_local_port_range), and they are everybody's.
public struct PortCeilings: Equatable, Sendable {
    /// UDP sockets that bind(2) gave a port. Default 512.
    public var udpPorts: Int
    /// TCP sockets that listen. Default 512.
    public var listeners: Int

    /// What counts where a policy says nothing.
    public static let usual = PortCeilings(udpPorts: 512, listeners: 512)
    /// What a policy may say.
    public static let valid: ClosedRange<Int64> = 1...65535

    /// Ceilings, each in `valid`.
    public init(udpPorts: Int, listeners: Int) {
        self.udpPorts = udpPorts
        self.listeners = listeners
    }

    /// How many sockets of `transport` may hold a port at once.
    public func most(of transport: Transport) -> Int {
        switch transport {
        case .tcp: listeners
        case .udp: udpPorts
        }
    }
}
