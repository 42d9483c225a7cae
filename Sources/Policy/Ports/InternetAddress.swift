/// An address with a port: where a TCP or UDP socket is (ip(7), ipv6(7)).
public struct InternetAddress: Equatable, Sendable {
    /// The IPv4 or IPv6 address; unspecified for every interface.
    public let address: IPAddress
    /// The port; 0 for one that the kernel is to choose.
    public let port: UInt16

    /// A port of `address`.
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension InternetAddress: CustomStringConvertible {
    /// `127.0.0.1:8080`, `[::1]:8080`.
    public var description: String {
        address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}
