import Glibc
package import Policy

/// The files of a tree that somebody else wrote, looked through, or copied, without following a link or waiting for anybody.
///
/// Regular files and directories come along, for their owner alone, and links that lead to something within the tree as
/// they are. Everything else stays where it is, and is named. A copy is on the disk after the next sync(2).
package struct TreeCopy {
    /// How many files came along.
    package private(set) var files = 0
    /// How many bytes they have.
    package private(set) var bytes = 0
    /// How many of them took the place of others in the destination that were not the same.
    package private(set) var replaced = 0
    /// What stays where it is, and why: a line each, at most `reasonLimit`, and one that tells how many more.
    package var left: [String] {
        reasons + (leftCount > reasons.count ? ["and \(leftCount - reasons.count) more"] : [])
    }
    private var reasons: [String] = []
    private var leftCount = 0

    /// The largest file that comes along, in bytes.
    static let fileLimit = 1 << 30
    /// How many directories deep it goes.
    static let depthLimit = 64
    /// How many files and directories come along.
    static let countLimit = 500_000
    private static let reasonLimit = 20

    private let source: AbsolutePath
    private let isLeftOut: (String) -> Bool
    private var entries = 0
    private let progress: (Int) -> Void

    /// What the tree at `source` holds, which may lie in `directory`. Nothing is changed. Throws `StorageError` when `source` is
    /// no directory.
    package init(looking source: AbsolutePath, in directory: HostileDirectory) throws(StorageError) {
        self.init(of: source, leavingOut: { _ in false }, progress: { _ in })
        let tree = try directory.openDirectory(source, "read")
        defer { close(tree) }
        try take(tree, at: [], to: nil)
    }

    /// Copies what the tree at `source` holds, which may lie in `directory`, into the directory `destination` in `target`, made
    /// when it is missing. Files that are there are replaced. Names in `source` itself that `isLeftOut` is true of are passed
    /// over. `progress` is told how many bytes were copied until then. Throws `StorageError`.
    package init(
        _ source: AbsolutePath, in directory: HostileDirectory, to destination: AbsolutePath,
        in target: HostileDirectory, leavingOut isLeftOut: @escaping (String) -> Bool = { _ in false },
        progress: @escaping (Int) -> Void = { _ in }
    ) throws(StorageError) {
        self.init(of: source, leavingOut: isLeftOut, progress: progress)
        let tree = try directory.openDirectory(source, "read")
        defer { close(tree) }
        try target.makeDirectory(destination)
        let copy = try target.openDirectory(destination, "write")
        defer { close(copy) }
        try take(tree, at: [], to: copy)
    }

    private init(
        of source: AbsolutePath, leavingOut isLeftOut: @escaping (String) -> Bool, progress: @escaping (Int) -> Void
    ) {
        self.source = source
        self.isLeftOut = isLeftOut
        self.progress = progress
    }

    // MARK: Directories

    /// Takes what is in the open directory `directory`, which `place` leads to.
    private mutating func take(_ directory: Int32, at place: [String], to target: Int32?) throws(StorageError) {
        for name in try Self.names(in: directory, path(place)) where !place.isEmpty || !isLeftOut(name) {
            let inner = place + [name]
            entries += 1
            guard entries <= Self.countLimit else {
                throw StorageError(
                    "copy", source, fault: "it holds more than \(Self.countLimit) files; take out what is not needed")
            }
            var status = stat()
            guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                // Gone, or of a name that is no UTF-8.
                leave(inner, "it cannot be found")
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG: try takeFile(name, in: directory, at: inner, to: target)
            case S_IFDIR: try takeDirectory(name, in: directory, at: inner, to: target)
            case S_IFLNK: try takeLink(name, in: directory, at: inner, to: target)
            case S_IFIFO: leave(inner, "it is a pipe")
            case S_IFSOCK: leave(inner, "it is a socket")
            default: leave(inner, "it is a device")
            }
        }
    }

    private mutating func takeDirectory(
        _ name: String, in directory: Int32, at place: [String], to target: Int32?
    ) throws(StorageError) {
        guard place.count < Self.depthLimit else {
            return leave(place, "it lies more than \(Self.depthLimit) directories deep")
        }
        let inner = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0 else { return leave(place, String(cString: strerror(errno))) }
        defer { close(inner) }
        guard let target else { return try take(inner, at: place, to: nil) }
        guard mkdirat(target, name, 0o700) == 0 || errno == EEXIST else {
            throw StorageError("write", path(place), errno: errno)
        }
        let innerTarget = openat(target, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard innerTarget >= 0 else { throw StorageError("write", path(place), errno: errno) }
        defer { close(innerTarget) }
        try take(inner, at: place, to: innerTarget)
    }

    private static func names(in directory: Int32, _ path: AbsolutePath) throws(StorageError) -> [String] {
        let copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw StorageError("read", path, errno: errno) }
        return entryNames(stream)
    }

    // MARK: Links

    private mutating func takeLink(
        _ name: String, in directory: Int32, at place: [String], to target: Int32?
    ) throws(StorageError) {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(directory, name, &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return leave(place, "it is a link that cannot be read") }
        let text = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard Self.staysWithin(text, depth: place.count - 1) else {
            return leave(place, "it is a link to something outside")
        }
        files += 1
        guard let target else { return }
        unlinkat(target, name, 0)
        guard symlinkat(text, target, name) == 0 else { throw StorageError("write", path(place), errno: errno) }
    }

    /// Whether the relative path `text`, read `depth` directories below the root, never leads above it.
    private static func staysWithin(_ text: String, depth: Int) -> Bool {
        guard !text.hasPrefix("/") else { return false }
        var depth = depth
        for component in text.split(separator: "/") where component != "." {
            depth += component == ".." ? -1 : 1
            guard depth >= 0 else { return false }
        }
        return true
    }

    // MARK: Files

    private mutating func takeFile(
        _ name: String, in directory: Int32, at place: [String], to target: Int32?
    ) throws(StorageError) {
        let descriptor = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return leave(place, String(cString: strerror(errno))) }
        let file = OpenFile(descriptor, at: path(place))
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return leave(place, "it was replaced meanwhile")
        }
        guard status.st_size <= Self.fileLimit else {
            return leave(place, "it is larger than \(Self.fileLimit >> 20) MiB")
        }
        files += 1
        bytes += Int(status.st_size)
        guard let target else { return }
        var there = stat()
        if fstatat(target, name, &there, AT_SYMLINK_NOFOLLOW) == 0 {
            if there.st_mode & S_IFMT == S_IFDIR {
                return leave(place, "a directory has its name already")
            }
            if there.st_size != status.st_size || !Self.isSame(file, name, in: target) { replaced += 1 }
            unlinkat(target, name, 0)
        }
        try copy(file, status, to: name, in: target, at: place)
        progress(bytes)
    }

    private func copy(
        _ file: OpenFile, _ status: stat, to name: String, in target: Int32, at place: [String]
    ) throws(StorageError) {
        let descriptor = openat(
            target, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, status.st_mode & 0o700 | 0o600)
        guard descriptor >= 0 else { throw StorageError("write", path(place), errno: errno) }
        let copy = OpenFile(descriptor, at: path(place))
        var done = 0
        // What is appended meanwhile is no part of it.
        while done < Int(status.st_size) {
            let piece = try file.read(from: done, count: min(256 << 10, Int(status.st_size) - done))
            guard !piece.isEmpty else { break }
            done += piece.count
            try copy.write(piece)
        }
        try copy.setTimes([status.st_atim, status.st_mtim])
    }

    /// Whether `file` holds what `name` in `directory` does.
    private static func isSame(_ file: OpenFile, _ name: String, in directory: Int32) -> Bool {
        let descriptor = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        let other = OpenFile(descriptor, at: file.path)
        var offset = 0
        while let piece = try? file.read(from: offset, count: 64 << 10),
            (try? other.read(from: offset, count: 64 << 10)) == piece
        {
            if piece.isEmpty { return true }
            offset += piece.count
        }
        return false
    }

    // MARK: Words

    private func path(_ place: [String]) -> AbsolutePath {
        place.isEmpty ? source : AbsolutePath("\(source)/\(place.joined(separator: "/"))") ?? source
    }

    private mutating func leave(_ place: [String], _ reason: String) {
        leftCount += 1
        if reasons.count < Self.reasonLimit { reasons.append("\(place.joined(separator: "/")): \(reason)") }
    }
}
