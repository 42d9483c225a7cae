import Glibc
public import SystemPackage

/// An advisory lock on an open file (flock(2)).
///
/// It belongs to the open file description: it ends when the last descriptor of it is closed, by whatever
/// death, so it is never stale.
public enum FileLock {
    /// Takes the lock alone, waiting for it.
    public static func acquire(_ file: FileDescriptor) throws(Errno) {
        _ = try retryingOnInterrupt { flock(file.rawValue, LOCK_EX) }
    }

    /// Takes the lock alone; false when another open file holds it.
    public static func tryAcquire(_ file: FileDescriptor) throws(Errno) -> Bool {
        do throws(Errno) {
            _ = try retryingOnInterrupt { flock(file.rawValue, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            guard error == .wouldBlock else { throw error }
            return false
        }
    }
}
