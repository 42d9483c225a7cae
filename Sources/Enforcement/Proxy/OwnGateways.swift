import Linux
import Policy

/// The instance's own listeners in the host's network, by inode, as the supervisor tells of them.
final class OwnGateways {
    private var inodes: [UInt64] = []

    /// How many are remembered: the gateway listens on IPv4 and IPv6, and perhaps once more.
    private static let limit = 8

    /// Remembers the inode in a message of eight bytes.
    func add(_ message: [UInt8]) {
        guard message.count == 8 else { return }
        inodes.append(message.reduce(0) { $0 << 8 | UInt64($1) })
        inodes.removeFirst(max(0, inodes.count - Self.limit))
    }

    /// Whether the socket that listens on `port` of `address` is one of them.
    func listens(on address: IPAddress, port: UInt16) -> Bool {
        // Where the kernel does not list its listeners, none is known to be the instance's, and none is connected to.
        let listeners = (try? TCPListener.all(on: [port...port])) ?? []
        return listeners.contains { listener in
            IPAddress(bytes: listener.address)?.unmapped == address
                && inodes.contains(listener.inode)
        }
    }
}
