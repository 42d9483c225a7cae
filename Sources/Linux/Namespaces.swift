internal import CLinux
import Glibc
public import SystemPackage

/// The kinds of namespace (namespaces(7)), as the CLONE_NEW* bits.
public struct NamespaceSet: OptionSet, Sendable {
    /// CLONE_NEW* bits, as clone(2) and unshare(2) take them.
    public let rawValue: UInt64

    /// A set of CLONE_NEW* bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// user_namespaces(7).
    public static let user = NamespaceSet(rawValue: UInt64(CLONE_NEWUSER))
    /// mount_namespaces(7).
    public static let mount = NamespaceSet(rawValue: UInt64(CLONE_NEWNS))
    /// pid_namespaces(7).
    public static let pid = NamespaceSet(rawValue: UInt64(CLONE_NEWPID))
    /// ipc_namespaces(7).
    public static let ipc = NamespaceSet(rawValue: UInt64(CLONE_NEWIPC))
    /// uts_namespaces(7).
    public static let uts = NamespaceSet(rawValue: UInt64(CLONE_NEWUTS))
    /// cgroup_namespaces(7).
    public static let cgroup = NamespaceSet(rawValue: UInt64(CLONE_NEWCGROUP))

    /// network_namespaces(7).
    public static let network = NamespaceSet(rawValue: UInt64(CLONE_NEWNET))

    /// Moves the calling process into new namespaces (unshare(2)). A new user namespace needs a
    /// single-threaded caller, or the kernel answers EINVAL.
    public static func unshare(_ namespaces: NamespaceSet) throws(Errno) {
        _ = try valueOrErrno(clinux_unshare(namespaces.rawValue))
    }
}

/// The ID maps of the calling process's user namespace (user_namespaces(7)).
public enum IdentityMap {
    /// Maps one user ID and one group ID to themselves and denies setgroups(2).
    ///
    /// `process` is /proc/self, opened before anything could be mounted over it.
    public static func set(userID: UInt32, groupID: UInt32, in process: FileDescriptor) throws(Errno) {
        // Without this an unprivileged gid_map is refused: it could drop a group that denies access.
        try write("deny", to: "setgroups", in: process)
        try write("\(userID) \(userID) 1", to: "uid_map", in: process)
        try write("\(groupID) \(groupID) 1", to: "gid_map", in: process)
    }

    static func write(_ text: String, to name: String, in process: FileDescriptor) throws(Errno) {
        let file = try process.open(name, flags: O_WRONLY)
        defer { file.discard() }
        try file.writeEverything(text.utf8)
    }
}

/// The UTS namespace's name of this host.
public enum HostName {
    /// Sets it (sethostname(2)).
    public static func set(_ name: String) throws(Errno) {
        _ = try valueOrErrno(sethostname(name, name.utf8.count))
    }
}
