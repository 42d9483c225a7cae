import Files
import Glibc
import Policy

/// A new private file, written line by line.
struct LineWriter: ~Copyable {
    private let path: AbsolutePath
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    /// Makes the file at `path`, where nothing may stand. Throws `StorageError`.
    init(_ path: AbsolutePath) throws(StorageError) {
        descriptor = open(path.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StorageError("write", path, errno: errno) }
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Writes `line` and its end. Throws `StorageError`.
    mutating func write(_ line: String) throws(StorageError) {
        waiting += line.utf8
        waiting.append(UInt8(ascii: "\n"))
        if waiting.count >= 64 << 10 { try flush() }
    }

    /// Brings what was written onto the disk. Throws `StorageError`.
    mutating func finish() throws(StorageError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw StorageError("write", path, errno: errno) }
    }

    private mutating func flush() throws(StorageError) {
        var rest = waiting[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError("write", path, errno: errno)
            }
            rest = rest.dropFirst(count)
        }
        waiting.removeAll(keepingCapacity: true)
    }
}
