import Glibc
import Linux
import SystemPackage

/// What the supervisor puts in the sandbox's way, so that its proof shows whether it would be found: an abstract
/// socket of the host's network namespace, and a descriptor that exec would keep.
struct Canary {
    /// The socket's name, without the leading NUL.
    let socketName: String

    init() throws(Errno) {
        socketName = "mazelclaw-canary-\(getpid())"
        let socket = try FileDescriptor.unixDatagramSocket()
        try socket.bind(to: FileDescriptor.abstractAddress(socketName))
        try socket.setCloseOnExec(false)
    }
}
