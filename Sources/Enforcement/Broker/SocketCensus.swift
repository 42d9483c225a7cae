import Linux
import Policy
import SystemPackage

/// The sockets that the broker has let hold a port of the host's network, as far as they may still exist.
///
/// Nobody tells when one is closed. So the kernel is asked which are left, but only when there seem to be too many.
struct SocketCensus {
    private var tcp = Count()
    private var udp = Count()

    /// The sockets of one transport. A list, though it is searched for each that is added: they are some hundreds at most,
    /// and a set is a type that a start would have to make for the one of its proof.
    fileprivate struct Count {
        var inodes: [UInt64] = []
        /// When a full census was last found to be right (CLOCK_MONOTONIC, in microseconds).
        var fullAt: Int64?
    }

    /// How long a full census is believed, in microseconds: to ask anew takes the longer the more sockets the host has.
    fileprivate static let credence: Int64 = 20_000

    /// Whether the socket is counted already.
    func contains(_ socket: FileDescriptor, _ transport: Transport) throws(Errno) -> Bool {
        let inodes = transport == .tcp ? tcp.inodes : udp.inodes
        return inodes.isEmpty ? false : inodes.contains(try FileStatus(of: socket).inode)
    }

    /// Whether `most` sockets or more hold a port. Throws when the kernel does not tell which are left.
    mutating func isFull(_ transport: Transport, most: Int) throws(Errno) -> Bool {
        switch transport {
        case .tcp: try tcp.isFull(transport, most: most)
        case .udp: try udp.isFull(transport, most: most)
        }
    }

    /// Counts a socket that holds a port by now.
    mutating func add(_ socket: FileDescriptor, _ transport: Transport) throws(Errno) {
        let inode = try FileStatus(of: socket).inode
        switch transport {
        case .tcp: tcp.add(inode)
        case .udp: udp.add(inode)
        }
    }
}

extension SocketCensus.Count {
    fileprivate mutating func add(_ inode: UInt64) {
        if !inodes.contains(inode) { inodes.append(inode) }
    }

    fileprivate mutating func isFull(_ transport: Transport, most: Int) throws(Errno) -> Bool {
        guard inodes.count >= most else { return false }
        let now = MonotonicClock.microseconds
        if let fullAt, now - fullAt < SocketCensus.credence { return true }
        let living = Set(try Self.living(transport))
        inodes.removeAll { !living.contains($0) }
        let isFull = inodes.count >= most
        fullAt = isFull ? now : nil
        return isFull
    }

    private static func living(_ transport: Transport) throws(Errno) -> [UInt64] {
        switch transport {
        case .tcp: try TCPListener.all().map(\.inode)
        case .udp: try UDPSocket.inodes()
        }
    }
}
