import Glibc
import Linux
import SystemPackage

/// What the supervisor puts in the sandbox's way, so that its proof shows whether it would be found: an abstract
/// socket of the host's network namespace, and a descriptor that exec would keep.
struct Canary {
    /// The socket's name, without the leading NUL.
    let socketName: String

    init() throws(Errno) {
        let socket = try FileDescriptor.unixDatagramSocket()
        // The kernel finds a name that is free (unix(7), autobind): a PID would be in use twice where several PID
        // namespaces share one network.
        try socket.bind(to: [UInt8(AF_UNIX), 0])
        socketName = String(decoding: try socket.socketAddress().dropFirst(3), as: UTF8.self)
        try socket.setCloseOnExec(false)
    }
}
