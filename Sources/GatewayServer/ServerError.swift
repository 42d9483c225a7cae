import Glibc

/// Why the server cannot listen.
public enum ServerError: Error, Equatable, Sendable {
    /// Somebody else listens there.
    case portInUse(port: UInt16, address: String)
    /// The kernel refuses the port: it is not among those of this profile's sandbox, or is privileged.
    case portRefused(port: UInt16, address: String)
    /// The kernel gives no more of what a server needs (errno(3)): epoll watches, descriptors or memory.
    case scarcity(errno: Int32)
    /// Anything else the kernel says (errno(3)).
    case bind(port: UInt16, address: String, errno: Int32)
}

extension ServerError: CustomStringConvertible {
    /// One sentence: what the server cannot do, and what to do about it.
    public var description: String {
        switch self {
        case .portInUse(let port, let address):
            "port \(port) is already in use on \(address); stop what listens there, or choose another port"
        case .portRefused(let port, let address):
            "binding port \(port) on \(address) is not permitted; in a sandbox only the profile's own ports are"
        case .scarcity(let errno):
            "the kernel gives no more of what a server needs (\(String(cString: strerror(errno)))); free some of this user's "
                + "epoll watches (fs.epoll.max_user_watches), open files or memory, and start again"
        case .bind(let port, let address, let errno):
            "cannot listen on \(address) port \(port): \(String(cString: strerror(errno)))"
        }
    }
}
