import Glibc
public import SystemPackage

/// A way to write to a descriptor that others share, without ever waiting for whoever reads it.
///
/// O_NONBLOCK on an inherited descriptor would be everybody's who has the same open file (fcntl(2)), the caller's shell
/// among them. So a pipe or a terminal is opened once more, and a socket is sent to with MSG_DONTWAIT. What cannot be
/// opened again, such as another user's pipe, is asked for room before a write of at most PIPE_BUF bytes. A regular file
/// is written to as it is.
public struct Outlet: Sendable {
    private enum Way {
        /// By a descriptor of our own, which never waits.
        case own
        case socket
        case asking
        case plain
    }

    /// What to wait for room on.
    public let descriptor: FileDescriptor
    private let way: Way

    /// A way to write to `inherited`. To be made while this process is still the user who may open it.
    public init(_ inherited: FileDescriptor) throws(Errno) {
        let kind = try FileStatus(of: inherited).kind
        switch kind {
        case .socket: (descriptor, way) = (inherited, .socket)
        case .pipe, .characterDevice:
            // What was opened for reading alone is none to write to, even if it could be opened so.
            guard try valueOrErrno(fcntl(inherited.rawValue, F_GETFL)) & O_ACCMODE != O_RDONLY else {
                (descriptor, way) = (inherited, .plain)
                return
            }
            let isTerminal = try Terminal(inherited).isTerminal()
            guard kind == .pipe || isTerminal else {
                (descriptor, way) = (inherited, .plain)
                return
            }
            do throws(Errno) {
                let own = try FileDescriptor.workingDirectory.open(
                    "/proc/self/fd/\(inherited.rawValue)", flags: O_WRONLY | O_NOCTTY | O_NONBLOCK)
                (descriptor, way) = (own, .own)
            } catch {
                // Another user's, one without a reader (ENXIO, fifo(7)), or no /proc: all of them can be asked.
                (descriptor, way) = (inherited, .asking)
            }
        case .directory, .regular, .symbolicLink, .other: (descriptor, way) = (inherited, .plain)
        }
    }

    /// Lets go of it, but not of what others share.
    public func leave() {
        if case .own = way { descriptor.discard() }
    }

    /// Writes what there is room for now, and returns how much that was. EAGAIN when there is none.
    public func writeSome(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
        switch way {
        case .own, .plain: return try descriptor.writeSome(bytes)
        case .socket:
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            return try retryingOnInterrupt {
                bytes.withUnsafeBytes { send(descriptor.rawValue, $0.baseAddress, $0.count, flags) }
            }
        case .asking:
            // A pipe that has room at all has it for that much (pipe(7)).
            guard try Readiness.isWritable(descriptor) else { throw .resourceTemporarilyUnavailable }
            return try descriptor.writeSome(bytes.prefix(Int(PIPE_BUF)))
        }
    }
}
