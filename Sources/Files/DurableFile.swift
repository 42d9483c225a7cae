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
        try place.open("read", .reading)?.readToEnd(limit: limit)
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
        let (temporary, file) = try place.makeTemporary()
        do throws(StorageError) {
            try file.write(content)
            try file.flush()
            try prepare(place)
            guard try place.rename(temporary, to: "") else { throw .missing("write", place.path) }
        } catch {
            place.discard(temporary)
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
        var made: [(suffix: String, file: OpenFile)] = []
        // Gone already where all went well.
        defer { for (temporary, file) in made { FilePlace(file.path).discard(temporary) } }
        for (name, content) in files {
            let new = try FilePlace(directory / name).makeTemporary()
            made.append(new)
            try new.file.write(content)
        }
        for (temporary, file) in made {
            try file.flush()
            guard try FilePlace(file.path).rename(temporary, to: "") else { throw .missing("write", file.path) }
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

    /// Makes the names in `directory` durable (fsync(2)). Throws `StorageError`.
    package static func flush(_ directory: AbsolutePath) throws(StorageError) {
        let descriptor = open(directory.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError("write", directory, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError("write", directory, errno: errno) }
    }
}
