import Glibc
import Linux
import Policy
import SystemPackage

/// What the supervisor puts in the sandbox's way, so that its proof shows whether it would be found: an abstract
/// socket of the host's network namespace, and a descriptor that exec would keep. And what it is itself in.
struct Canary {
    /// The socket's name, without the leading NUL.
    let socketName: String
    /// The supervisor's namespaces, of the kinds that a sandbox may have its own of.
    private let namespaces: [FileIdentity]
    /// What the supervisor's own standard output and error are.
    private let streams: [FileIdentity]

    /// A canary for a sandbox with this network.
    init(network: NetworkMode) throws(Errno) {
        let kinds = network.isOwn ? Namespace.allCases : Namespace.always
        namespaces = try kinds.map { (namespace) throws(Errno) in try namespace.identity }
        streams = try [.standardOutput, .standardError].map { (stream: FileDescriptor) throws(Errno) in
            try FileStatus(of: stream).identity
        }
        let socket = try FileDescriptor.unixDatagramSocket()
        // The kernel finds a name that is free (unix(7), autobind): a PID would be in use twice where several PID
        // namespaces share one network.
        try socket.bind(to: [UInt8(AF_UNIX), 0])
        socketName = String(decoding: try socket.socketAddress().dropFirst(3), as: UTF8.self)
        try socket.setCloseOnExec(false)
    }

    /// Whether `descriptor` is what the supervisor's standard output or error is.
    func writes(to descriptor: FileDescriptor) throws(Errno) -> Bool {
        try streams.contains(FileStatus(of: descriptor).identity)
    }

    /// Whether this process is in the supervisor's namespace of a kind.
    func shares(_ namespace: Namespace) throws(Errno) -> Bool {
        try namespaces.contains(namespace.identity)
    }
}

extension Namespace {
    /// What tells the calling process's namespace of this kind from any other (namespaces(7)).
    fileprivate var identity: FileIdentity {
        get throws(Errno) {
            let name =
                switch self {
                case .mount: "mnt"
                case .network: "net"
                case .user, .pid, .ipc, .uts, .cgroup: rawValue
                }
            let status = try FileStatus(of: "/proc/self/ns/\(name)", follow: true)
            return status.identity
        }
    }
}
