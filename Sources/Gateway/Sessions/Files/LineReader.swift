import Glibc
import Policy

/// The lines of a file, one after the other, however large it is.
struct LineReader: ~Copyable {
    private let path: AbsolutePath
    private let file: UnsafeMutablePointer<FILE>
    private var buffer: UnsafeMutablePointer<CChar>?
    private var capacity = 0

    /// Opens the file at `place`. Throws `StorageError`.
    init(_ place: borrowing FilePlace) throws(StorageError) {
        let path = place.path
        guard let descriptor = try place.open("read", O_RDONLY) else { throw StorageError("read", path, errno: ENOENT) }
        guard let file = fdopen(descriptor, "r") else {
            let reason = errno
            close(descriptor)
            throw StorageError("read", path, errno: reason)
        }
        self.path = path
        self.file = file
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
