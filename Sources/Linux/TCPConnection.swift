public import SystemPackage

/// Connections of this network namespace, as the kernel lists them to everybody.
public enum TCPConnection {
    /// The user who holds the end on `port` of a connection from port `peer`, both of 127.0.0.1; nil when there is no
    /// such connection. An end that nobody has accepted yet is root's (sock_diag(7); /proc/net/tcp where netlink is not
    /// to be had).
    public static func userOnLoopback(port: UInt16, peer: UInt16) throws(Errno) -> UInt32? {
        do throws(Errno) {
            return try SocketDiagnostics.userOfLoopbackConnection(on: port, to: peer)
        } catch {
            // A unit's RestrictAddressFamilies=, a container's filter, or a kernel without the module.
            return try listed(port: port, peer: peer)
        }
    }

    /// The same from the tables of proc_net(5); an IPv6 socket that serves IPv4 is in the second.
    static func listed(port: UInt16, peer: UInt16) throws(Errno) -> UInt32? {
        func end(_ port: UInt16) -> String {
            let digits = String(port, radix: 16, uppercase: true)
            return "0100007F:" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            for fields in try SocketEntry.rows(of: table) {
                guard fields.count > 7, fields[1].hasSuffix(end(port)), fields[2].hasSuffix(end(peer)) else { continue }
                return UInt32(fields[7])
            }
        }
        return nil
    }
}
