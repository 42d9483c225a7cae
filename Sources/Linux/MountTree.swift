internal import CLinux
import Glibc
public import SystemPackage

/// What a mount forbids (MOUNT_ATTR_*, mount_setattr(2)).
public struct MountAttributes: OptionSet, Sendable {
    /// MOUNT_ATTR_* bits, as mount_setattr(2) and fsmount(2) take them.
    public let rawValue: UInt64

    /// A set of MOUNT_ATTR_* bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// No writing.
    public static let readOnly = MountAttributes(rawValue: clinux_mount_attr_rdonly)
    /// Set-user-ID and file capabilities have no effect.
    public static let noSetUserID = MountAttributes(rawValue: clinux_mount_attr_nosuid)
    /// Device nodes cannot be opened.
    public static let noDevices = MountAttributes(rawValue: clinux_mount_attr_nodev)
    /// Programs cannot be executed.
    public static let noExecution = MountAttributes(rawValue: clinux_mount_attr_noexec)

    /// What the mount at `path` forbids; statvfs(3) has the same bits.
    public init(of path: String) throws(Errno) {
        var status = statvfs()
        _ = try valueOrErrno(statvfs(path, &status))
        self = MountAttributes(rawValue: UInt64(status.f_flag))
            .intersection([.readOnly, .noSetUserID, .noDevices, .noExecution])
    }
}

/// A mount, or a tree of mounts, that hangs nowhere yet: made, restricted, and only then attached.
///
/// Working on the detached tree leaves no moment at which it is visible without its restrictions.
public struct MountTree {
    /// The descriptor of the tree's root.
    public let root: FileDescriptor

    /// A copy of the tree at an open descriptor, with all that is mounted below it (open_tree(2)).
    public init(cloning source: FileDescriptor) throws(Errno) {
        let flags =
            clinux_open_tree_clone | clinux_open_tree_cloexec | clinux_at_empty_path | clinux_at_recursive
        root = FileDescriptor(rawValue: Int32(try valueOrErrno(clinux_open_tree(source.rawValue, "", flags))))
    }

    /// A new file system, as it was configured (fsmount(2)).
    public init(of context: borrowing FileSystemContext, _ attributes: MountAttributes) throws(Errno) {
        _ = try valueOrErrno(clinux_fsconfig(context.descriptor, FSCONFIG_CMD_CREATE.rawValue, nil, nil))
        root = FileDescriptor(
            rawValue: Int32(try valueOrErrno(clinux_fsmount(context.descriptor, 1, UInt32(attributes.rawValue)))))
    }

    /// A new tmpfs of `bytes` bytes, whose root has this mode (tmpfs(5)).
    public init(temporary bytes: UInt64, mode: UInt32, _ attributes: MountAttributes) throws(Errno) {
        let context = try FileSystemContext("tmpfs")
        try context.set("size", to: "\(bytes)")
        try context.set("mode", to: mode.octal)
        try self.init(of: context, attributes)
    }

    /// Adds restrictions, on every mount of the tree when `recursive` (mount_setattr(2)).
    public func restrict(_ attributes: MountAttributes, recursive: Bool) throws(Errno) {
        try Mounts.restrict(root, attributes, recursive: recursive)
    }

    /// Shows the owners of the files as `map` has them, on every mount of the tree (mount_setattr(2), MOUNT_ATTR_IDMAP).
    ///
    /// Takes CAP_SYS_ADMIN where the file system was mounted. EINVAL for a file system that cannot.
    public func mapOwners(by map: OwnerMap) throws(Errno) {
        let flags = clinux_at_empty_path | clinux_at_recursive
        _ = try valueOrErrno(clinux_mount_setattr_idmap(root.rawValue, flags, map.namespace.rawValue))
    }

    /// Attaches the tree on top of `path` in `directory` (move_mount(2)); an empty path means the directory.
    public func attach(at path: String, in directory: FileDescriptor) throws(Errno) {
        let flags = UInt32(MOVE_MOUNT_F_EMPTY_PATH) | (path.isEmpty ? UInt32(MOVE_MOUNT_T_EMPTY_PATH) : 0)
        _ = try valueOrErrno(clinux_move_mount(root.rawValue, "", directory.rawValue, path, flags))
    }
}

/// Calls on mounts that are attached already.
public enum Mounts {
    /// Adds restrictions to the mount at an open descriptor (mount_setattr(2)).
    public static func restrict(
        _ mount: FileDescriptor, _ attributes: MountAttributes, recursive: Bool
    ) throws(Errno) {
        let flags = clinux_at_empty_path | (recursive ? clinux_at_recursive : 0)
        _ = try valueOrErrno(clinux_mount_setattr(mount.rawValue, "", flags, attributes.rawValue, 0))
    }

    /// Stops mounts from spreading into or out of the namespace, from the root down (mount_namespaces(7)).
    public static func makePrivate() throws(Errno) {
        _ = try valueOrErrno(clinux_mount_setattr(AT_FDCWD, "/", clinux_at_recursive, 0, clinux_ms_private))
    }

    /// Takes the mount at `path` out of the tree, with all below it (umount2(2), MNT_DETACH).
    public static func detach(_ path: String) throws(Errno) {
        _ = try valueOrErrno(umount2(path, Int32(MNT_DETACH)))
    }

    /// Makes `root` the root of the namespace and lets go of the old one (pivot_root(2)).
    public static func pivot(to root: FileDescriptor) throws(Errno) {
        try ProcessControl.changeDirectory(to: root)
        // Putting the old root under the new one's own "/" needs no directory for it.
        _ = try valueOrErrno(clinux_pivot_root(".", "."))
        _ = try valueOrErrno(umount2(".", Int32(MNT_DETACH)))
        try ProcessControl.changeDirectory(to: "/")
    }
}

extension UInt32 {
    /// With a zero in front. String's own conversion is generic, and costs a start more than a mount does.
    fileprivate var octal: String { self < 8 ? "0\(self)" : (self >> 3).octal + "\(self & 7)" }
}
