import Glibc
public import SystemPackage

/// The UDP sockets of this network namespace, as the kernel lists them to everybody.
public enum UDPSocket {
    /// The inodes of those that have a port (sock_diag(7); /proc/net/udp where netlink is not to be had).
    ///
    /// Throws when neither tells.
    public static func inodes() throws(Errno) -> [UInt64] {
        do throws(Errno) {
            return try SocketDiagnostics.sockets(.datagrams).map(\.inode)
        } catch {
            let entries =
                try SocketEntry.listed(in: "/proc/net/udp", state: nil)
                + SocketEntry.listed(in: "/proc/net/udp6", state: nil)
            return entries.map(\.inode)
        }
    }
}
