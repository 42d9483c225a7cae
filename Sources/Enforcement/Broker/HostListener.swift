import Glibc
import Linux
import Policy
import SystemPackage

/// Makes the listeners that a sandbox with a network of its own has in the host's, and tells them from its other sockets.
///
/// A socket keeps its network, and who has a listener can make a connection of it: disconnect it (shutdown(2), or
/// connect(2) to AF_UNSPEC) and connect it to others. So it is bound to the loopback interface, which nobody inside can
/// change: from there it reaches no other host. Of this host it reaches the ports that Landlock lets the payload connect
/// to, which are the instance's own; a start makes sure that nobody else listens on one.
struct HostListener {
    /// The host's network (SO_NETNS_COOKIE, kernel 5.14).
    private let network: UInt64
    /// Is shown each listener before anybody can connect to it.
    private let announce: (FileDescriptor) throws(Errno) -> Void

    /// For a supervisor in the host's network.
    init(announce: @escaping (FileDescriptor) throws(Errno) -> Void) throws(Errno) {
        self.announce = announce
        let socket = try FileDescriptor.internetSocket(isIPv6: false, isStream: true)
        defer { socket.discard() }
        network = try socket.networkCookie()
    }

    /// Whether the socket is of the host's network: a listener made here, or a connection that one accepted.
    func isOfHost(_ socket: FileDescriptor) throws(Errno) -> Bool {
        try socket.networkCookie() == network
    }

    /// A TCP socket of the host's network, bound to `address`, with the options of `socket`.
    func make(like socket: FileDescriptor, family: Int32, at address: [UInt8]) throws(Errno) -> FileDescriptor {
        let listener = try FileDescriptor.internetSocket(isIPv6: family == AF_INET6, isStream: true)
        do throws(Errno) {
            for (level, option) in Self.options where level != Int32(IPPROTO_IPV6) || family == AF_INET6 {
                let value = try socket.socketOption(level, option)
                if try listener.socketOption(level, option) != value {
                    try listener.setSocketOption(level, option, value)
                }
            }
            try listener.bindToDevice("lo")
            try listener.bind(to: address)
            try listener.setNonBlocking(try socket.isNonBlocking())
            try announce(listener)
        } catch {
            listener.discard()
            throw error
        }
        return listener
    }

    /// What a program may have set before it binds, and what its connections inherit.
    private static var options: [(level: Int32, option: Int32)] {
        let tcp = Int32(IPPROTO_TCP)
        return [
            (SOL_SOCKET, SO_REUSEADDR), (SOL_SOCKET, SO_KEEPALIVE), (SOL_SOCKET, SO_OOBINLINE),
            (tcp, TCP_NODELAY), (tcp, TCP_KEEPIDLE), (tcp, TCP_KEEPINTVL), (tcp, TCP_KEEPCNT),
            (tcp, TCP_USER_TIMEOUT), (tcp, TCP_DEFER_ACCEPT), (Int32(IPPROTO_IPV6), IPV6_V6ONLY),
        ]
    }
}
