import Glibc
package import Policy

/// Where a file is: its name, and the directory that name counts in. The directory stays open, so that the file, and
/// those beside it, are in the same one at every call.
package struct FilePlace: ~Copyable {
    /// The path, for messages.
    package let path: AbsolutePath
    /// The file's name in `directory`; the path itself where it is the administrator's.
    private let name: String
    private let directory: Int32

    /// The place `path` leads to, links followed: one the administrator named.
    package init(_ path: AbsolutePath) {
        self.path = path
        name = path.text
        directory = AT_FDCWD
    }

    /// The file `name` in `directory`, where a payload may have put it. Takes the descriptor over.
    package init(_ path: AbsolutePath, name: String, directory: Int32) {
        self.path = path
        self.name = name
        self.directory = directory
    }

    deinit {
        if isHostile { close(directory) }
    }

    /// Whether a payload may have put something there.
    var isHostile: Bool { directory != AT_FDCWD }

    /// The path of the file with `suffix` at its name's end.
    package func path(_ suffix: String) -> AbsolutePath { path.parent / "\(path.lastComponent)\(suffix)" }

    // MARK: Opening

    /// Opens the file, or the one whose name ends in `suffix` beyond that; one that is made is its owner's alone. Nil when
    /// there is none. Throws `StorageError`, also for what is no regular file where a payload may have put it.
    package func open(
        _ operation: String, _ purpose: OpenFile.Purpose, suffix: String = ""
    ) throws(StorageError) -> OpenFile? {
        // O_NONBLOCK: a FIFO must not hang whoever opens it.
        let flags = purpose.flags | (isHostile ? O_NOFOLLOW : 0) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let descriptor = openat(directory, name + suffix, flags, 0o600)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: return nil
            case ELOOP where isHostile: throw .link(operation, path(suffix))
            // A FIFO that nobody reads, a socket, or a device without a driver.
            case ENXIO where isHostile: throw Self.irregular(operation, path(suffix))
            default: throw StorageError(operation, path(suffix), errno: errno)
            }
        }
        let file = OpenFile(descriptor, at: path(suffix))
        guard !isHostile || FileAttributes(descriptor)?.kind == .regular else {
            throw Self.irregular(operation, path(suffix))
        }
        return file
    }

    private static func irregular(_ operation: String, _ path: AbsolutePath) -> StorageError {
        StorageError(operation, path, fault: "it must be a regular file; remove it")
    }

    /// What stands there (fstatat(2)); nil when nothing does. Throws `StorageError`, also for what is no regular file
    /// where a payload may have put it.
    package func attributes(_ operation: String, suffix: String = "") throws(StorageError) -> FileAttributes? {
        guard let attributes = FileAttributes(of: name + suffix, in: directory, followsLinks: !isHostile) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw StorageError(operation, path(suffix), errno: errno)
        }
        guard isHostile else { return attributes }
        switch attributes.kind {
        case .regular: return attributes
        case .symbolicLink: throw .link(operation, path(suffix))
        case .directory, .other: throw Self.irregular(operation, path(suffix))
        }
    }

    // MARK: Changing

    /// Takes from group and others what the file, or directory, grants them: of the very one that was looked at. Throws
    /// `StorageError`.
    package func makePrivate(_ suffix: String = "") throws(StorageError) {
        let links = isHostile ? O_NOFOLLOW : 0
        let descriptor = openat(directory, name + suffix, O_RDONLY | links | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ELOOP, isHostile { throw .link("protect", path(suffix)) }
            throw StorageError("protect", path(suffix), errno: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError("protect", path(suffix), errno: errno) }
        guard status.st_mode & 0o077 != 0 else { return }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFDIR else { throw Self.irregular("protect", path(suffix)) }
        guard fchmod(descriptor, status.st_mode & 0o700) == 0 else {
            throw StorageError("protect", path(suffix), errno: errno)
        }
    }

    /// Makes a new file beside it. Returns what its name ends in beyond this one's. Its errors are told of this one.
    package func makeTemporary() throws(StorageError) -> (suffix: String, file: OpenFile) {
        let suffix = ".\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        let descriptor = openat(
            directory, name + suffix, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StorageError("write", path, errno: errno) }
        return (suffix, OpenFile(descriptor, at: path))
    }

    /// Renames the file with the suffix `old` to that with the suffix `new` (renameat(2)). False when there is none.
    @discardableResult
    package func rename(_ old: String, to new: String) throws(StorageError) -> Bool {
        guard renameat(directory, name + old, directory, name + new) == 0 else {
            if errno == ENOENT { return false }
            throw StorageError("write", path(new), errno: errno)
        }
        return true
    }

    /// Gives the file with the suffix `old` a second name, with the suffix `new` (linkat(2)). A link is not followed.
    /// Returns the error, or 0.
    package func link(_ old: String, to new: String) -> Int32 {
        linkat(directory, name + old, directory, name + new, 0) == 0 ? 0 : errno
    }

    /// Renames the file to `other` in the same directory (renameat(2)), whatever stands there. Returns the error, or 0.
    package func renameTo(_ other: String) -> Int32 {
        renameat(directory, name, directory, isHostile ? other : path.parent.text + "/" + other) == 0 ? 0 : errno
    }

    /// Gives the file a second name `other` in the same directory (linkat(2)). A link is not followed. Returns the error, or 0.
    package func linkTo(_ other: String) -> Int32 {
        linkat(directory, name, directory, isHostile ? other : path.parent.text + "/" + other, 0) == 0 ? 0 : errno
    }

    /// Removes the name with `suffix` (unlinkat(2)). Throws `StorageError`, except when nothing has that name.
    package func remove(_ suffix: String = "") throws(StorageError) {
        guard unlinkat(directory, name + suffix, 0) == 0 || errno == ENOENT else {
            throw StorageError("remove", path(suffix), errno: errno)
        }
    }

    /// Removes the name with `suffix` where that can be done: what is left is found by another start or by `doctor`.
    package func discard(_ suffix: String = "") { unlinkat(directory, name + suffix, 0) }

    /// The names that begin with this file's, without that beginning.
    package func suffixes() -> [String] {
        let descriptor =
            isHostile
            ? openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            : Glibc.open(path.parent.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            return []
        }
        defer { closedir(stream) }
        let prefix = Array(path.lastComponent.utf8)
        var suffixes: [String] = []
        while let entry = readdir(stream) {
            let found = entryName(entry)
            if found.starts(with: prefix) {
                suffixes.append(String(decoding: found.dropFirst(prefix.count), as: UTF8.self))
            }
        }
        return suffixes
    }

    /// Makes the names in its directory durable (fsync(2)). Throws `StorageError`.
    package func flush() throws(StorageError) {
        guard isHostile else { return try DurableFile.flush(path.parent) }
        guard fsync(directory) == 0 else { throw StorageError("write", path.parent, errno: errno) }
    }
}
