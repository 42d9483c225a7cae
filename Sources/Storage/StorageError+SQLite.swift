import Files
import GRDB
import Glibc
package import Policy

extension StorageError {
    /// What `error` means for the database at `path`; nil when it is nobody's but the caller's.
    package init?(_ operation: String, _ path: AbsolutePath, _ error: any Error) {
        if let error = error as? StorageError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else { return nil }
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                operation, path, errno: ENOSPC,
                fault: "the disk is full. What was acknowledged is kept, this is not; free some space and try again")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = DatabaseFile.damaged(path, error.message ?? "\(error.resultCode)")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(operation, path, errno: EROFS, fault: "it cannot be written (\(error.message ?? "read-only"))")
        case .SQLITE_CANTOPEN:
            self.init(
                operation, path, errno: EACCES,
                fault: "the file, or its log beside it, cannot be opened for writing; check the owner and mode of "
                    + "\(path.parent), and that the file system is not mounted read-only")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(operation, path, errno: EBUSY, fault: "another process holds it; try again when that has ended")
        case .SQLITE_IOERR:
            self.init(
                operation, path, errno: EIO,
                fault: "the disk failed (\(error.extendedResultCode): \(error.message ?? ""))")
        case .SQLITE_NOMEM: self.init(operation, path, errno: ENOMEM)
        default:
            self.init(
                operation, path, errno: EINVAL,
                fault:
                    "\(error.message ?? "SQLite failed") (\(error.extendedResultCode)\(error.sql.map { ": \($0)" } ?? ""))"
            )
        }
    }
}

/// What `body` returns, with errors of SQLite told as those of the file at `path`.
func storageResult<Value>(
    _ operation: String, _ path: AbsolutePath, _ body: () throws -> Value
) throws(StorageError) -> Value {
    do {
        return try body()
    } catch {
        throw StorageError(operation, path, error) ?? StorageError(operation, path, errno: EINVAL, fault: "\(error)")
    }
}
