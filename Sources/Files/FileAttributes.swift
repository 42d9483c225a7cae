import Glibc
package import Policy

/// What the kernel says of a file (stat(2)).
///
/// The one place outside of this module's own calls where that structure is read: a module that also imports Foundation
/// would take its declaration for another's.
package struct FileAttributes: Sendable, Equatable {
    /// The kinds of file that are told apart (inode(7)).
    package enum Kind: Sendable {
        case regular
        case directory
        case symbolicLink
        /// A pipe, a socket or a device.
        case other
    }

    /// Device and inode, by which it is told from a file that took its name.
    package let identity: FileIdentity
    /// Whether it is a regular file, a directory or something else.
    package let kind: Kind
    /// The mode's lowest twelve bits: who may do what.
    package let permissions: UInt32
    /// The user whose it is.
    package let owner: UInt32
    /// Its size in bytes.
    package let size: Int
    /// How much of the disk it takes, in units of 512 bytes.
    package let blocks: Int
    /// When its content last changed.
    package let modified: Moment

    /// A point in time as a file system keeps it. Whoever owns a file may set any that 64 bits hold (utimensat(2)), so that
    /// nothing may be computed from one that has not been bounded.
    package struct Moment: Hashable, Sendable {
        /// Whole seconds since 1970.
        package let seconds: Int64
        /// Nanoseconds after these: 0 to 999,999,999.
        package let nanoseconds: Int64

        /// Milliseconds since 1970, or the nearest that 64 bits hold.
        package var milliseconds: Int64 {
            let limit = Int64.max / 1000 - 1
            return min(max(seconds, -limit), limit) * 1000 + nanoseconds / 1_000_000
        }
    }

    /// Whether others than its owner may do anything with it.
    package var isOpenToOthers: Bool { permissions & 0o077 != 0 }

    /// Those of the open file `descriptor`; nil, with errno, when it is none (fstat(2)).
    package init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Those of what stands at `path`, or of what the link there leads to when `followsLinks` is set (the default); nil, with
    /// errno, when nothing does, or it cannot be looked at.
    package init?(at path: AbsolutePath, followsLinks: Bool = true) {
        self.init(of: path.text, in: AT_FDCWD, followsLinks: followsLinks)
    }

    /// Those of what stands at `path`, links followed. Throws `StorageError`.
    package init(of path: AbsolutePath) throws(StorageError) {
        guard let attributes = FileAttributes(at: path) else { throw StorageError("read", path, errno: errno) }
        self = attributes
    }

    /// The same for `name` in the open directory `directory` (fstatat(2)); a link is not followed unless `followsLinks` is set.
    package init?(of name: String, in directory: Int32, followsLinks: Bool = false) {
        var status = stat()
        guard fstatat(directory, name, &status, followsLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        identity = FileIdentity(status)
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        permissions = status.st_mode & 0o7777
        owner = status.st_uid
        size = Int(status.st_size)
        blocks = Int(status.st_blocks)
        modified = Moment(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
    }
}
