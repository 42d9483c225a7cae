import Glibc
public import Policy

/// Small private files that survive a crash: what was written is either wholly there or not at all.
public enum DurableFile {
    /// The content of the file at `path`, or nil when there is none.
    ///
    /// Throws `StorageError` when it cannot be read or holds more than `limit` bytes (default 1 MiB).
    public static func read(_ path: AbsolutePath, limit: Int = 1 << 20) throws(StorageError) -> [UInt8]? {
        try read(FilePlace(path), limit: limit)
    }

    package static func read(_ place: borrowing FilePlace, limit: Int) throws(StorageError) -> [UInt8]? {
        let path = place.path
        guard let descriptor = try place.open("read", O_RDONLY) else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError("read", path, errno: errno)
            }
            guard count > 0 else { return content }
            content += chunk[..<count]
            guard content.count <= limit else {
                throw StorageError("read", path, errno: 0, fault: "it holds more than \(limit) bytes")
            }
        }
    }

    /// Replaces the file at `path` by `content`, readable by its owner only (mode 0600).
    ///
    /// Written beside it, flushed, renamed over it, and the directory flushed: rename(2) alone does not
    /// promise that the new name survives a power loss. `prepare` is called in between, when the new content is
    /// safe and the old still has the name. Throws `StorageError`, after which the file is as it was.
    public static func write(_ content: [UInt8], to path: AbsolutePath) throws(StorageError) {
        try write(content, to: FilePlace(path)) { _ in }
    }

    package static func write(
        _ content: [UInt8], to place: borrowing FilePlace, prepare: (borrowing FilePlace) throws(StorageError) -> Void
    ) throws(StorageError) {
        let (temporary, descriptor) = try place.makeTemporary()
        let fault = writeAll(content, to: descriptor)
        let isSafe = fault == 0 && fsync(descriptor) == 0
        let reason = fault == 0 ? errno : fault
        close(descriptor)
        do throws(StorageError) {
            guard isSafe else { throw StorageError("write", place.path, errno: reason) }
            try prepare(place)
            guard try place.rename(temporary, to: "") else { throw StorageError("write", place.path, errno: ENOENT) }
        } catch {
            place.remove(temporary)
            throw error
        }
        try place.flush()
    }

    /// Makes files of `directory` that are not there yet, in this order, each as `write` does.
    ///
    /// All are written before the first is flushed, so that they share its flush: several cost little more than one.
    /// Throws `StorageError`, after which those are there that came before the one it names.
    package static func make(
        _ files: [(name: String, content: [UInt8])], in directory: AbsolutePath
    ) throws(StorageError) {
        var made: [(path: AbsolutePath, temporary: String, descriptor: Int32)] = []
        defer {
            for file in made {
                close(file.descriptor)
                // Gone already where all went well.
                FilePlace(file.path).remove(file.temporary)
            }
        }
        for (name, content) in files {
            let path = directory / name
            let (temporary, descriptor) = try FilePlace(path).makeTemporary()
            made.append((path, temporary, descriptor))
            let fault = writeAll(content, to: descriptor)
            guard fault == 0 else { throw StorageError("write", path, errno: fault) }
        }
        for (path, temporary, descriptor) in made {
            guard fsync(descriptor) == 0 else { throw StorageError("write", path, errno: errno) }
            guard try FilePlace(path).rename(temporary, to: "") else {
                throw StorageError("write", path, errno: ENOENT)
            }
        }
        if !made.isEmpty { try flush(directory) }
    }

    /// Makes the directory at `path` and those above it that are missing, each for its owner only
    /// (mode 0700). A directory that is already there keeps its mode. Returns whether `path` was made.
    ///
    /// Throws `StorageError`.
    @discardableResult
    public static func makeDirectory(_ path: AbsolutePath) throws(StorageError) -> Bool {
        if mkdir(path.text, 0o700) == 0 { return true }
        if errno == ENOENT, path != .root {
            try makeDirectory(path.parent)
            if mkdir(path.text, 0o700) == 0 { return true }
        }
        guard errno == EEXIST else { throw StorageError("create", path, errno: errno) }
        var status = stat()
        guard stat(path.text, &status) == 0 else { throw StorageError("create", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw StorageError("create", path, errno: ENOTDIR)
        }
        return false
    }

    package static func writeAll(_ content: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(count)
        }
        return 0
    }

    /// Makes the names in `directory` durable (fsync(2)). Throws `StorageError`.
    package static func flush(_ directory: AbsolutePath) throws(StorageError) {
        let descriptor = open(directory.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError("write", directory, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError("write", directory, errno: errno) }
    }
}
