internal import CLinux
import Glibc
public import SystemPackage

/// What inode(7) says of a file.
public struct FileStatus: Sendable {
    /// The kinds of file that matter here.
    public enum Kind: Sendable {
        case directory
        case regular
        case symbolicLink
        case characterDevice
        case pipe
        case socket
        /// A disk, or no file at all, such as epoll's and io_uring's descriptors.
        case other
    }

    /// The kind, from the type bits of st_mode (S_IFMT, inode(7)).
    public let kind: Kind
    /// The permission bits, the lower twelve of st_mode.
    public let mode: UInt32
    /// The owner's user ID, as this process's user namespace shows it (st_uid).
    public let userID: UInt32
    /// The owning group.
    public let groupID: UInt32
    /// The device that holds the file.
    public let device: UInt64
    /// The inode number on that device.
    public let inode: UInt64
    /// The size in bytes.
    public let size: Int64
    /// The last change of the content, in nanoseconds since 1970 (st_mtim).
    public let modifiedAt: UInt64
    /// The last change of content or attributes, in nanoseconds since 1970 (st_ctim); nobody can set it.
    public let changedAt: UInt64

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFREG: .regular
            case S_IFLNK: .symbolicLink
            case S_IFCHR: .characterDevice
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            default: .other
            }
        mode = status.st_mode & 0o7777
        userID = status.st_uid
        groupID = status.st_gid
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modifiedAt = Self.nanoseconds(status.st_mtim)
        changedAt = Self.nanoseconds(status.st_ctim)
    }

    /// The status of an open descriptor (fstat(2)).
    public init(of descriptor: FileDescriptor) throws(Errno) {
        var status = stat()
        _ = try valueOrErrno(fstatat(descriptor.rawValue, "", &status, clinux_at_empty_path_flag))
        self.init(status)
    }

    /// The status of `path` relative to `directory`; of a link itself unless `follow` (fstatat(2)).
    public init(
        of path: String, in directory: FileDescriptor = .workingDirectory, follow: Bool = false
    ) throws(Errno) {
        var status = stat()
        _ = try valueOrErrno(fstatat(directory.rawValue, path, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW))
        self.init(status)
    }

    private static func nanoseconds(_ time: timespec) -> UInt64 {
        UInt64(max(0, time.tv_sec)) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Whether group or others may write.
    public var isWritableByOthers: Bool { mode & 0o022 != 0 }
}
