import Glibc
package import Policy

/// What the kernel says of a file (stat(2)).
///
/// The one place outside of this module's own calls where that structure is read: a module that also imports Foundation
/// would take its declaration for another's.
package struct FileAttributes: Sendable, Equatable {
    /// What kind of file it is.
    package enum Kind: Sendable {
        case regular
        case directory
        case symbolicLink
        /// A pipe, a socket or a device.
        case other
    }

    /// Which file it is.
    package let identity: FileIdentity
    /// What kind it is.
    package let kind: Kind
    /// The mode's lowest twelve bits: who may do what.
    package let permissions: UInt32
    /// The user whose it is.
    package let owner: UInt32
    /// Its size in bytes.
    package let size: Int
    /// How much of the disk it takes, in bytes.
    package let allocated: Int
    /// When its content last changed: nanoseconds since 1970.
    package let modified: Int64

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

    /// The same for `name` in the open directory `directory` (fstatat(2)).
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
        // Counted in units of 512 bytes, whatever the file system's are.
        allocated = Int(status.st_blocks) * 512
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
