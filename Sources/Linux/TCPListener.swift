import Glibc
public import SystemPackage

/// A TCP socket of this network namespace that listens, as the kernel lists it to everybody.
public struct TCPListener: Equatable, Sendable {
    /// The local port that it listens on.
    public var port: UInt16
    /// The address it is bound to, 4 or 16 bytes in network order.
    public var address: [UInt8]
    /// The socket's inode, by which /proc/PID/fd names it.
    public var inode: UInt64
    /// The user who made the socket; nil when nobody looked.
    public var userID: UInt32?

    /// A listener with these properties.
    public init(port: UInt16, address: [UInt8], inode: UInt64, userID: UInt32? = nil) {
        self.port = port
        self.address = address
        self.inode = inode
        self.userID = userID
    }

    /// Those on `ports` (sock_diag(7); /proc/net/tcp where netlink is not to be had); all of them when it is nil. With
    /// thousands of listeners it is worth saying which ports matter: the kernel lists no others.
    ///
    /// Throws when neither tells.
    public static func all(on ports: [ClosedRange<UInt16>]? = nil) throws(Errno) -> [TCPListener] {
        let entries: [SocketEntry]
        do throws(Errno) {
            entries = try SocketDiagnostics.sockets(.listeners(on: ports))
        } catch {
            // A unit's RestrictAddressFamilies=, a container's filter, or a kernel without the module. 0A is TCP_LISTEN.
            entries =
                try SocketEntry.listed(in: "/proc/net/tcp", state: "0A")
                + SocketEntry.listed(in: "/proc/net/tcp6", state: "0A")
        }
        return entries.compactMap { entry in
            guard ports?.contains(where: { $0.contains(entry.port) }) ?? true else { return nil }
            return TCPListener(port: entry.port, address: entry.address, inode: entry.inode, userID: entry.userID)
        }
    }
}
