import Glibc
public import Policy

/// A file or directory the gateway needs and cannot have.
public struct StorageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried: `open`, `read`, `write`, `create`.
    public var operation: String
    /// The file or directory on which it was tried.
    public var path: AbsolutePath
    /// The kernel's answer (errno(3)), or 0 when the content itself is at fault.
    public var errno: Int32
    /// What is wrong with the content, when that is at fault.
    public var fault: String?

    /// Whether trying again is in vain until somebody changes what is there: the content itself is at fault.
    public var isPermanent: Bool { errno == 0 }

    /// Whether there is no such file, or no such directory on the way to it.
    package var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }

    /// Whether nothing can be written there now: it may not be, or there is no room.
    package var isUnwritable: Bool { [EROFS, EACCES, EPERM, ENOSPC, EDQUOT].contains(errno) }

    /// The file at `path` is not there.
    package static func missing(_ operation: String, _ path: AbsolutePath) -> StorageError {
        StorageError(operation, path, errno: ENOENT)
    }

    package init(_ operation: String, _ path: AbsolutePath, errno: Int32 = 0, fault: String? = nil) {
        self.operation = operation
        self.path = path
        self.errno = errno
        self.fault = fault
    }

    /// One sentence: what could not be done, to which file, and why.
    public var description: String {
        "cannot \(operation) \(path): \(reason)"
    }

    /// What is wrong with the content, or the kernel's answer in words (strerror(3)).
    package var reason: String { fault ?? String(cString: strerror(errno)) }
}
