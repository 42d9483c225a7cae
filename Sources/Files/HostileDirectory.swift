import Glibc
public import Policy

/// A directory that a payload may have written, such as a state directory: nothing in it decides which other file is
/// read, written, locked or changed.
///
/// Each name below it is opened in the directory that was opened before, and a symbolic link is refused wherever it
/// stands (openat(2), O_NOFOLLOW). As an `AbsolutePath` holds no "..", that is what openat2(2) does with
/// RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS, on every kernel and under every filter. What is no
/// regular file is not read. A path that leads elsewhere is the administrator's word, and is opened as anywhere.
public struct HostileDirectory: Sendable {
    /// The directory. The links on the way to it are the administrator's, and are followed.
    public let path: AbsolutePath

    /// The directory at `path`, which need not be there yet.
    public init(_ path: AbsolutePath) {
        self.path = path
    }

    /// Whether `path` is the directory, or lies in it, by whatever name the administrator calls it.
    public func holds(_ path: AbsolutePath) -> Bool { components(of: path) != nil }

    /// `path`, or the file it leads to when it is a link of the administrator's.
    package func behindLinks(_ path: AbsolutePath) -> AbsolutePath {
        guard !holds(path), let real = realpath(path.text, nil) else { return path }
        defer { free(real) }
        return AbsolutePath(String(cString: real)) ?? path
    }

    /// The names that lead from the directory to `path`; nil when that lies elsewhere.
    private func components(of path: AbsolutePath) -> [String]? {
        let all = path.components.map(String.init)
        if self.path.contains(path) { return Array(all.dropFirst(self.path.components.count)) }
        // By another name: one of the directories above it is this one.
        guard let own = FileIdentity(self.path) else { return nil }
        var above = AbsolutePath.root
        for (index, component) in all.enumerated() {
            above = above / component
            guard let identity = FileIdentity(above) else { return nil }
            if identity == own { return Array(all.dropFirst(index + 1)) }
        }
        return nil
    }

    /// Where `path` is, for calls that act on it. `operation` is told in errors. Throws `StorageError`.
    package func place(of path: AbsolutePath, _ operation: String) throws(StorageError) -> FilePlace {
        guard let names = components(of: path), let name = names.last else { return FilePlace(path) }
        return FilePlace(path, name: name, directory: try open(names.dropLast(), of: path, operation))
    }

    /// The directory that `names` lead to. The directories on the way are made when `creates` is set.
    private func open(
        _ names: some Collection<String>, of path: AbsolutePath, _ operation: String, creates: Bool = false
    ) throws(StorageError) -> Int32 {
        var directory = Glibc.open(self.path.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw StorageError(operation, path, errno: errno) }
        var place = self.path
        for name in names {
            place = place / name
            if creates, mkdirat(directory, name, 0o700) != 0, errno != EEXIST {
                let reason = errno
                close(directory)
                throw StorageError(operation, place, errno: reason)
            }
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let reason = errno
            var status = stat()
            let isLink =
                next < 0 && fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
                && status.st_mode & S_IFMT == S_IFLNK
            close(directory)
            guard !isLink else { throw .link(operation, place) }
            guard next >= 0 else { throw StorageError(operation, path, errno: reason) }
            directory = next
        }
        return directory
    }

    /// Opens the directory at `path`, in this one or elsewhere; it is not followed when it is a link. `operation` is told in
    /// errors. Throws `StorageError`.
    func openDirectory(_ path: AbsolutePath, _ operation: String) throws(StorageError) -> Int32 {
        if let names = components(of: path) { return try open(names, of: path, operation) }
        let directory = Glibc.open(path.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { throw StorageError(operation, path, errno: errno) }
        return directory
    }

    // MARK: Files

    /// The content of the file at `path`, or nil when there is none. Throws `StorageError` when it cannot be read, is
    /// no regular file, is a link, or holds more than `limit` bytes (default 1 MiB).
    public func read(_ path: AbsolutePath, limit: Int = 1 << 20) throws(StorageError) -> [UInt8]? {
        let place: FilePlace
        do throws(StorageError) {
            place = try self.place(of: path, "read")
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
        return try DurableFile.read(place, limit: limit)
    }

    /// The names in the directory at `path`, sorted; nil when it is none. Throws `StorageError`.
    package func names(in path: AbsolutePath) throws(StorageError) -> [String]? {
        guard let names = components(of: path) else { return try Self.names(opendir(path.text), path) }
        let directory: Int32
        do throws(StorageError) {
            directory = try open(names, of: path, "read")
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
        guard let stream = fdopendir(directory) else {
            let reason = errno
            close(directory)
            throw StorageError("read", path, errno: reason)
        }
        return try Self.names(stream, path)
    }

    private static func names(_ stream: OpaquePointer?, _ path: AbsolutePath) throws(StorageError) -> [String]? {
        guard let stream else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw StorageError("read", path, errno: errno)
        }
        return entryNames(stream)
    }

    /// Makes sure that the locks of an instance that keeps them in this directory are not led elsewhere: `registry.lock`
    /// and `locks/NAME.lock` are regular files, or not there yet. Throws `StorageError`.
    public func requireLocks(of name: ProfileName) throws(StorageError) {
        for lock in ["registry.lock", "locks/\(name).lock"] {
            do throws(StorageError) {
                _ = try place(of: path / lock, "lock").attributes("lock")
            } catch {
                guard error.errno == ENOENT else { throw error }
            }
        }
    }

    /// Replaces the file at `path` as `DurableFile.write` does. Throws `StorageError`.
    package func write(
        _ content: [UInt8], to path: AbsolutePath,
        prepare: (borrowing FilePlace) throws(StorageError) -> Void = { _ in }
    ) throws(StorageError) {
        try DurableFile.write(content, to: place(of: path, "write"), prepare: prepare)
    }

    /// Makes the directory at `path` and those above it that are missing, as `DurableFile.makeDirectory` does. Returns
    /// whether it was made. Throws `StorageError`.
    @discardableResult
    public func makeDirectory(_ path: AbsolutePath) throws(StorageError) -> Bool {
        guard let names = components(of: path), let name = names.last else {
            return try DurableFile.makeDirectory(path)
        }
        try DurableFile.makeDirectory(self.path)
        let parent = try open(names.dropLast(), of: path, "create", creates: true)
        defer { close(parent) }
        if mkdirat(parent, name, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw StorageError("create", path, errno: errno) }
        close(try open(names, of: path, "create"))
        return false
    }

    /// Moves the file at `path` into the directory `target`, where it keeps its name (renameat(2)). Throws `StorageError`.
    package func move(_ path: AbsolutePath, into target: AbsolutePath) throws(StorageError) {
        let from = try openDirectory(path.parent, "move")
        defer { close(from) }
        let to = try openDirectory(target, "move")
        defer { close(to) }
        guard renameat(from, path.lastComponent, to, path.lastComponent) == 0 else {
            throw StorageError("move", path, errno: errno)
        }
    }

    /// Takes from group and others what the file or directory at `path` grants them. Throws `StorageError`.
    public func makePrivate(_ path: AbsolutePath) throws(StorageError) {
        try place(of: path, "protect").makePrivate()
    }
}

extension StorageError {
    /// A symbolic link stands where a payload could have put it.
    package static func link(_ operation: String, _ path: AbsolutePath) -> StorageError {
        StorageError(
            operation, path,
            fault:
                "it is a symbolic link, and none is followed where agents can write; put what it leads to in its place")
    }
}
