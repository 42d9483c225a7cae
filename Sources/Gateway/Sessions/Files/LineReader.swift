import Files
import Glibc
import Policy

/// A file open for reading. Closed when nobody holds it.
final class ReadableFile: Sendable {
    let path: AbsolutePath
    fileprivate let descriptor: Int32

    /// Opens the file at `place`, without waiting for anybody. Throws `StorageError`, also when there is none.
    init(_ place: borrowing FilePlace) throws(StorageError) {
        path = place.path
        guard let descriptor = try place.open("read", O_RDONLY) else {
            throw StorageError("read", place.path, errno: ENOENT)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

/// The lines of a file, one after the other, however large it is.
struct LineReader: ~Copyable {
    private let path: AbsolutePath
    private let file: UnsafeMutablePointer<FILE>
    private var buffer: UnsafeMutablePointer<CChar>?
    private var capacity = 0

    /// Reads `file` from where it stands. Throws `StorageError`.
    init(_ file: ReadableFile) throws(StorageError) {
        let descriptor = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { throw StorageError("read", file.path, errno: errno) }
        guard let stream = fdopen(descriptor, "r") else {
            let reason = errno
            close(descriptor)
            throw StorageError("read", file.path, errno: reason)
        }
        path = file.path
        self.file = stream
    }

    deinit {
        free(buffer)
        fclose(file)
    }

    /// The next line, without its end; nil after the last. Throws `StorageError`.
    mutating func next() throws(StorageError) -> [UInt8]? {
        errno = 0
        let count = getline(&buffer, &capacity, file)
        guard count >= 0, let buffer else {
            guard ferror(file) == 0 else { throw StorageError("read", path, errno: errno) }
            return nil
        }
        var line = UnsafeRawBufferPointer(start: buffer, count: count)[...]
        while let last = line.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { line.removeLast() }
        return Array(line)
    }
}
