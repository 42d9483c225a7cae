import Glibc
package import Policy

/// A file that is open. It is closed when nobody holds it any more.
package final class OpenFile: Sendable {
    /// What a file is opened for (open(2)).
    package enum Purpose: Sendable {
        /// To be read.
        case reading
        /// To be written. There must be none yet.
        case making
        /// To have its end written. It is made when there is none.
        case appending
        /// To be read and written. It is made when there is none.
        case updating

        var flags: Int32 {
            switch self {
            case .reading: O_RDONLY
            case .making: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            case .appending: O_WRONLY | O_CREAT | O_APPEND
            case .updating: O_RDWR | O_CREAT | O_NOFOLLOW
            }
        }
    }

    /// Its path, for messages.
    package let path: AbsolutePath
    private let descriptor: Int32

    /// Takes `descriptor` over, which is open.
    package init(_ descriptor: Int32, at path: AbsolutePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// What the kernel says of it (fstat(2)). Throws `StorageError`.
    package func attributes() throws(StorageError) -> FileAttributes {
        guard let attributes = FileAttributes(descriptor) else { throw StorageError("read", path, errno: errno) }
        return attributes
    }

    // MARK: Reading

    /// `count` bytes from byte `start` on, or those up to its end where that comes first (pread(2)). Throws `StorageError`.
    package func read(from start: Int, count: Int) throws(StorageError) -> [UInt8] {
        var fault: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let more = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(start + filled))
                if more < 0, errno == EINTR { continue }
                if more < 0 { fault = errno }
                guard more > 0 else { return }
                filled += more
            }
        }
        guard fault == 0 else { throw StorageError("read", path, errno: fault) }
        return bytes
    }

    /// All that is in it, from where it stands: also of what tells no size, such as a file of proc(5). Throws `StorageError`,
    /// also when that is more than `limit` bytes.
    package func readToEnd(limit: Int) throws(StorageError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw StorageError("read", path, errno: errno) }
            guard count > 0 else { return content }
            content += chunk[..<count]
            guard content.count <= limit else {
                throw StorageError("read", path, fault: "it holds more than \(limit) bytes")
            }
        }
    }

    // MARK: Writing

    /// Writes all of `bytes` where it stands (write(2)). Throws `StorageError`.
    package func write(_ bytes: some Collection<UInt8>) throws(StorageError) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw StorageError("write", path, errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes `line` by a single call, so that it stays in one piece beside those of other processes that add to the file
    /// (write(2), O_APPEND). Returns how many of its bytes were written: none where that failed.
    package func append(_ line: [UInt8]) -> Int { max(0, Glibc.write(descriptor, line, line.count)) }

    /// Has it hold `content` and nothing else, in place (pwrite(2), ftruncate(2)): whoever is killed meanwhile leaves part
    /// of it. Throws `StorageError`.
    package func overwrite(_ content: [UInt8]) throws(StorageError) {
        let count = content.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == content.count, ftruncate(descriptor, off_t(count)) == 0 else {
            throw StorageError("write", path, errno: (0..<content.count).contains(count) ? ENOSPC : errno)
        }
    }

    /// Makes what was written durable (fsync(2)). Throws `StorageError`.
    package func flush() throws(StorageError) {
        guard fsync(descriptor) == 0 else { throw StorageError("write", path, errno: errno) }
    }

    /// Leaves it to its owner alone (mode 0600), as far as this process may.
    package func makePrivate() { fchmod(descriptor, 0o600) }

    /// Gives it the times of access and change of another (futimens(3)). Throws `StorageError`.
    func setTimes(_ times: [timespec]) throws(StorageError) {
        guard futimens(descriptor, times) == 0 else { throw StorageError("write", path, errno: errno) }
    }

    // MARK: Locking

    /// Locks it for this process alone (flock(2)). The lock ends when the file is closed, also by whatever ends the process.
    /// False when another process has locked it. Throws `StorageError`.
    package func lock() throws(StorageError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return false
            default: throw StorageError("lock", path, errno: errno)
            }
        }
        return true
    }
}
