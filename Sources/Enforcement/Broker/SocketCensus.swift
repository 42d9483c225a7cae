import Linux
import Policy
import SystemPackage

/// The sockets that the broker has let hold a port of the host's network, as far as they may still exist.
///
/// Nobody tells when one is closed. So the kernel is asked which are left, but only when there seem to be too many.
struct SocketCensus {
    private var inodes: [Transport: Set<UInt64>] = [:]
    /// When a full census was last found to be right (CLOCK_MONOTONIC, in microseconds).
    private var fullAt: [Transport: Int64] = [:]

    /// How long a full census is believed, in microseconds: to ask anew takes the longer the more sockets the host has.
    private static let credence: Int64 = 20_000

    /// Whether the socket is counted already.
    func contains(_ socket: FileDescriptor, _ transport: Transport) throws(Errno) -> Bool {
        guard let inodes = inodes[transport] else { return false }
        return inodes.contains(try FileStatus(of: socket).inode)
    }

    /// Whether `most` sockets or more hold a port. Throws when the kernel does not tell which are left.
    mutating func isFull(_ transport: Transport, most: Int) throws(Errno) -> Bool {
        guard let counted = inodes[transport], counted.count >= most else { return false }
        let now = MonotonicClock.microseconds
        if let fullAt = fullAt[transport], now - fullAt < Self.credence { return true }
        let living = try Self.living(transport)
        let left = counted.intersection(living)
        inodes[transport] = left
        let isFull = left.count >= most
        fullAt[transport] = isFull ? now : nil
        return isFull
    }

    /// Counts a socket that holds a port by now.
    mutating func add(_ socket: FileDescriptor, _ transport: Transport) throws(Errno) {
        inodes[transport, default: []].insert(try FileStatus(of: socket).inode)
    }

    private static func living(_ transport: Transport) throws(Errno) -> [UInt64] {
        switch transport {
        case .tcp: try TCPListener.all().map(\.inode)
        case .udp: try UDPSocket.inodes()
        }
    }
}
