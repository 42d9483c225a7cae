internal import CLinux
import Glibc
public import SystemPackage

/// An open file description lock on a whole file (fcntl(2), F_OFD_SETLK).
///
/// It belongs to the open file description: copies made by fork share it, and it ends when the last of them is
/// closed, by whatever death, so it is never stale. Unlike flock(2) it can be asked about without being taken.
public enum FileLock {
    /// Takes the lock alone, waiting for it at most `milliseconds`; ETIMEDOUT after that. The file must be open for
    /// writing.
    public static func acquire(_ file: FileDescriptor, milliseconds: Int32) throws(Errno) {
        // Asked for again and again: the kernel's own waiting (F_OFD_SETLKW) knows no end, and a holder that was stopped
        // would stop everybody.
        let step: Int32 = 2
        for _ in 0...(milliseconds / step) {
            if try tryAcquire(file) { return }
            _ = try Readiness.wait(for: [], milliseconds: step)
        }
        throw .timedOut
    }

    /// Takes the lock alone; false when another open file holds it. The file must be open for writing.
    public static func tryAcquire(_ file: FileDescriptor) throws(Errno) -> Bool {
        var lock = exclusive
        do throws(Errno) {
            _ = try retryingOnInterrupt { clinux_fcntl_lock(file.rawValue, clinux_ofd_setlk, &lock) }
            return true
        } catch {
            guard error == .wouldBlock || error == .permissionDenied else { throw error }
            return false
        }
    }

    /// Whether another open file holds the lock. Nothing is taken, so nobody's start can be in the way.
    public static func isHeld(_ file: FileDescriptor) throws(Errno) -> Bool {
        var lock = exclusive
        _ = try valueOrErrno(clinux_fcntl_lock(file.rawValue, clinux_ofd_getlk, &lock))
        return lock.l_type != Int16(F_UNLCK)
    }

    private static var exclusive: Glibc.flock {
        Glibc.flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
