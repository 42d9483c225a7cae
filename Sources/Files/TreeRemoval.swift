import Glibc
public import Policy

/// Removes a directory with everything in it, and nothing that a link in it leads to.
public enum TreeRemoval {
    /// Removes the directory at `path`. Throws `StorageError`, after which part of it may be gone.
    public static func remove(_ path: AbsolutePath) throws(StorageError) {
        let parent = open(path.parent.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw StorageError("remove", path, errno: errno) }
        defer { close(parent) }
        try remove(path.lastComponent, in: parent, path)
    }

    private static func remove(_ name: String, in parent: Int32, _ path: AbsolutePath) throws(StorageError) {
        let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0, let stream = fdopendir(directory) else {
            throw StorageError("remove", path, errno: errno)
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let inner = String(decoding: entryName(entry), as: UTF8.self)
            guard inner != ".", inner != "..", unlinkat(directory, inner, 0) != 0 else { continue }
            guard errno == EISDIR || errno == EPERM else { throw StorageError("remove", path, errno: errno) }
            try remove(inner, in: directory, AbsolutePath("\(path)/\(inner)") ?? path)
        }
        guard unlinkat(parent, name, AT_REMOVEDIR) == 0 else { throw StorageError("remove", path, errno: errno) }
    }
}
