// As in LogFile.swift: the compiler may take stat(2)'s structure for CoreFoundation's.
import CoreFoundation
import Glibc
import Policy

/// What shows that a file changed, without reading it (stat(2)).
struct FileFingerprint: Equatable {
    private var device: UInt64
    private var inode: UInt64
    private var size: Int64
    private var seconds: Int64
    private var nanoseconds: Int64

    /// That of the file at `path`, or nil when there is none to look at.
    init?(_ path: AbsolutePath) {
        var status = stat()
        guard stat(path.text, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
