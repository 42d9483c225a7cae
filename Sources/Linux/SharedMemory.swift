import Glibc
public import SystemPackage

/// System V shared memory (shmget(2)).
public enum SharedMemory {
    /// Makes a segment of one page that its user may attach to. EEXIST when the key is taken.
    public static func make(key: Int32) throws(Errno) {
        _ = try valueOrErrno(shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0o600))
    }

    /// Looks for a segment. ENOENT when this IPC namespace has none with the key.
    public static func find(key: Int32) throws(Errno) {
        _ = try valueOrErrno(shmget(key, 0, 0))
    }

    /// Removes a segment; nothing when there is none.
    public static func remove(key: Int32) {
        let segment = shmget(key, 0, 0)
        if segment != -1 { _ = shmctl(segment, IPC_RMID, nil) }
    }
}
