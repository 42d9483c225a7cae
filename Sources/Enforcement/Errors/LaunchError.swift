public import Linux
public import Policy
public import Profiles
public import SystemPackage

/// Why a start was refused before anything was done.
public enum LaunchError: Error, Sendable {
    /// The command line contradicts itself or the host.
    case usage(String)
    /// A profile or policy file.
    case profile(ProfileError)
    /// The kernel takes no seccomp filter.
    case noSeccomp(Errno)
    /// What was asked for cannot be planned.
    case plan(PlanError)
    /// The instance is running already.
    case held(ProfileName, by: InstanceHolder)
    /// A port of the instance is taken by another program.
    case portInUse(UInt16, by: SocketOwner?, ofUser: UInt32?)
    /// The kernel does not tell who listens on the host.
    case listenersUnknown(Errno)
    /// Whether a port of the instance is free cannot be found out.
    case portUntried(UInt16, Errno)
    /// A passed listener does not listen, and cannot be made to.
    case deadListener(PassedSocket, Errno)
    /// A port of the instance is one of another instance that runs.
    case portTaken(UInt16, of: ProfileName, by: InstanceHolder)
    /// A directory of the instance is one of another instance that runs, and one of the two keeps its state there.
    case directoryTaken(AbsolutePath, theirs: AbsolutePath, of: ProfileName, by: InstanceHolder)
    /// The launcher cannot become the payload's user.
    case cannotBecome(UInt32, Errno)
    /// A path that cannot be trusted, and why.
    case unsafePath(AbsolutePath, String)
    /// A call on the host failed before the sandbox was begun.
    case system(action: String, path: String, errno: Errno)

    /// What the launcher exits with, by which a service manager knows whether to try again.
    public var exitCode: ExitCode {
        switch self {
        case .usage: .usage
        case .profile(.system), .profile(.registryBusy), .held, .portInUse, .listenersUnknown, .portUntried,
            .deadListener, .portTaken,
            .directoryTaken, .unsafePath, .system:
            .isolation
        case .profile: .configuration
        case .noSeccomp, .cannotBecome, .plan(.unavailable): .unavailable
        case .plan(.invalid): .configuration
        }
    }
}

extension LaunchError: CustomStringConvertible {
    /// One sentence: what, where, what next.
    public var description: String {
        switch self {
        case .usage(let sentence): sentence
        case .profile(let error): error.description
        case .noSeccomp(let errno):
            "seccomp(2) answers \(errno.name) (\(errno)); "
                + (errno.isRefusal
                    ? HostDiagnosis().seccomp(errno) : "use a kernel with CONFIG_SECCOMP_FILTER")
        case .plan(let error): error.description
        case .held(let name, let holder):
            "profile \"\(name)\" is running already (\(holder)); stop that instance first, or use another profile"
        case .portInUse(let port, let owner, let userID):
            "port \(port) is in use by \(Self.text(owner, userID)); stop it, or give the profile another base port with --port"
        case .listenersUnknown(let errno):
            "cannot find out who listens on the ports of this instance: netlink (sock_diag(7)) does not answer, nor can "
                + "/proc/net/tcp be read (\(errno.name), \(errno)); in a unit add AF_NETLINK to "
                + "RestrictAddressFamilies=, or show the launcher /proc/net"
        case .portUntried(let port, let errno):
            "cannot find out whether port \(port) is free: to bind it on loopback fails with \(errno.name) (\(errno)); "
                + "permit it (net.ipv4.ip_unprivileged_port_start, or a filter over the launcher), or give the profile "
                + "another base port with --port"
        case .deadListener(let socket, let errno):
            "descriptor \(socket.descriptor) of LISTEN_FDS (\(socket.kind)) cannot be made to listen: \(errno.name) "
                + "(\(errno)); restart the socket unit, which is to use ListenStream= without Accept="
        case .portTaken(let port, let other, let holder):
            "port \(port) is also one of profile \"\(other)\", which runs (\(holder)); restart that instance so that it "
                + "gives the port up, or give this profile another base port with --port"
        case .directoryTaken(let path, let theirs, let other, let holder):
            "cannot use \(path): profile \"\(other)\" runs with \(theirs) (\(holder)), and no two share a state "
                + "directory; stop that instance first, or choose another directory"
        case .cannotBecome(let userID, let errno):
            "cannot become user \(userID): \(errno.name) (\(errno)); "
                + HostDiagnosis().remedy(forBecoming: userID, errno)
        case .unsafePath(let path, let reason): "cannot use \(path): \(reason)"
        case .system(let action, let path, let errno):
            "cannot \(action) \(path): \(errno.name) (\(errno)); "
                + ProfileError.remedy(for: errno)
        }
    }

    private static func text(_ owner: SocketOwner?, _ userID: UInt32?) -> String {
        guard let owner else {
            return userID.map { "a process of \(UserDatabase.text(ofUser: $0))" }
                ?? "a process that does not listen yet, and cannot be told"
        }
        let unit = InstanceHolder.unit(ofProcess: "\(owner.processID)").map { ", unit \($0)" } ?? ""
        return "PID \(owner.processID) (\(owner.program)\(unit))"
    }
}
