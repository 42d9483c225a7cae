import Glibc
package import Policy

/// What can be done in a directory now.
package enum DirectoryState {
    /// How many bytes of its file system are free for this user (statvfs(3)); `UInt64.max` where that is more than 64 bits
    /// hold. Throws `StorageError`.
    package static func room(in directory: AbsolutePath) throws(StorageError) -> UInt64 {
        var status = statvfs()
        guard statvfs(directory.text, &status) == 0 else { throw StorageError("write", directory, errno: errno) }
        let (bytes, isMore) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isMore ? .max : bytes
    }

    /// Makes sure that this user may write the file or directory at `path` (access(2)). `operation` is told in errors. Throws
    /// `StorageError`.
    package static func requireWritable(_ path: AbsolutePath, _ operation: String) throws(StorageError) {
        guard access(path.text, W_OK) == 0 else { throw StorageError(operation, path, errno: errno) }
    }
}
