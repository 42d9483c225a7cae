internal import CLinux
import Glibc
public import SystemPackage

/// Calls that change or read directory entries, relative to a directory where the kernel allows it.
public enum FileSystem {
    /// Whether this process may use `path` so; `mode` holds R_OK, W_OK and X_OK (access(2)).
    public static func checkAccess(_ path: String, _ mode: Int32) throws(Errno) {
        _ = try valueOrErrno(access(path, mode))
    }

    /// Makes a directory; `mode` is subject to the umask (mkdirat(2)).
    public static func makeDirectory(
        _ path: String, in directory: FileDescriptor = .workingDirectory, mode: UInt32
    ) throws(Errno) {
        _ = try valueOrErrno(mkdirat(directory.rawValue, path, mode))
    }

    /// Makes `path` and every missing directory above it, with exactly `mode`: the umask of whoever starts us says nothing
    /// about who must be able to read what is the host's.
    public static func makeDirectories(_ path: String, mode: UInt32) throws(Errno) {
        do throws(Errno) {
            try makeDirectory(path, mode: mode)
            _ = try valueOrErrno(chmod(path, mode))
        } catch {
            switch error {
            case .fileExists: return
            case .noSuchFileOrDirectory:
                guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else {
                    throw error
                }
                try makeDirectories(String(path[..<slash]), mode: mode)
                try makeDirectories(path, mode: mode)
            default: throw error
            }
        }
    }

    /// Makes an empty regular file (mknodat(2)).
    public static func makeFile(_ path: String, in directory: FileDescriptor, mode: UInt32) throws(Errno) {
        _ = try valueOrErrno(mknodat(directory.rawValue, path, S_IFREG | mode, 0))
    }

    /// Makes a character device, that of /dev/null (mknodat(2)).
    public static func makeCharacterDevice(_ path: String, in directory: FileDescriptor) throws(Errno) {
        _ = try valueOrErrno(mknodat(directory.rawValue, path, S_IFCHR | 0o600, dev_t(0x103)))
    }

    /// Sets the permission bits, whatever the umask is (fchmodat(2)).
    public static func setMode(_ path: String, in directory: FileDescriptor, _ mode: UInt32) throws(Errno) {
        _ = try valueOrErrno(fchmodat(directory.rawValue, path, mode, 0))
    }

    /// Gives an open file another owner and group (fchown(2)).
    public static func setOwner(_ file: FileDescriptor, userID: UInt32, groupID: UInt32) throws(Errno) {
        _ = try valueOrErrno(fchown(file.rawValue, userID, groupID))
    }

    /// Removes an empty directory (unlinkat(2)).
    public static func removeDirectory(_ path: String, in directory: FileDescriptor) throws(Errno) {
        _ = try valueOrErrno(unlinkat(directory.rawValue, path, AT_REMOVEDIR))
    }

    /// Makes a symbolic link (symlinkat(2)).
    public static func makeSymbolicLink(
        _ path: String, to target: String, in directory: FileDescriptor
    ) throws(Errno) {
        _ = try valueOrErrno(symlinkat(target, directory.rawValue, path))
    }

    /// The text of a symbolic link (readlinkat(2)).
    public static func readSymbolicLink(
        _ path: String, in directory: FileDescriptor = .workingDirectory
    ) throws(Errno) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try valueOrErrno(readlinkat(directory.rawValue, path, &buffer, buffer.count))
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether an open file is one of proc(5) (fstatfs(2)).
    public static func isProc(_ descriptor: FileDescriptor) throws(Errno) -> Bool {
        try type(of: descriptor) == clinux_proc_super_magic
    }

    /// Whether an open file is one of an overlay (fstatfs(2)).
    public static func isOverlay(_ descriptor: FileDescriptor) throws(Errno) -> Bool {
        try type(of: descriptor) == clinux_overlayfs_super_magic
    }

    /// Whether an open file is one of the unified cgroup hierarchy, version 2 (fstatfs(2)).
    public static func isControlGroup(_ descriptor: FileDescriptor) throws(Errno) -> Bool {
        try type(of: descriptor) == clinux_cgroup2_super_magic
    }

    private static func type(of descriptor: FileDescriptor) throws(Errno) -> Int64 {
        var status = statfs()
        _ = try valueOrErrno(clinux_fstatfs(descriptor.rawValue, &status))
        return Int64(status.f_type)
    }

    /// Renames within one file system, replacing the target (rename(2)).
    public static func rename(_ old: String, to new: String) throws(Errno) {
        _ = try valueOrErrno(Glibc.rename(old, new))
    }

    /// Has two files or directories of one file system change places, at one moment (renameat2(2), RENAME_EXCHANGE). Not
    /// every file system can: EINVAL.
    public static func exchange(_ path: String, with other: String) throws(Errno) {
        _ = try valueOrErrno(clinux_renameat2(path, other, clinux_rename_exchange))
    }

    /// Renames within one file system where nothing has the new name (renameat2(2), RENAME_NOREPLACE).
    public static func renameAnew(_ old: String, to new: String) throws(Errno) {
        _ = try valueOrErrno(clinux_renameat2(old, new, clinux_rename_noreplace))
    }

    /// Removes a name that is no directory's (unlink(2)).
    public static func unlink(_ path: String) throws(Errno) {
        _ = try valueOrErrno(Glibc.unlink(path))
    }

    /// Makes data and metadata of an open file durable (fsync(2)).
    public static func synchronize(_ descriptor: FileDescriptor) throws(Errno) {
        _ = try retryingOnInterrupt { fsync(descriptor.rawValue) }
    }

    /// The whole content of `path`, at most `limit` bytes.
    public static func read(_ path: String, limit: Int = 4 << 20) throws(Errno) -> [UInt8] {
        let file = try FileDescriptor.workingDirectory.open(path, flags: O_RDONLY)
        defer { file.discard() }
        return try file.readEverything(limit: limit)
    }

    /// The names in `path`, in no order (readdir(3)).
    public static func entries(of path: String) throws(Errno) -> [String] {
        guard let stream = opendir(path) else { throw Errno(rawValue: Glibc.errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // Only errno tells the end from a failure (readdir(3)).
            Glibc.errno = 0
            guard let entry = Glibc.readdir(stream) else { break }
            // In place: behind the last entry there may be no memory for a copy of the longest name.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard Glibc.errno == 0 else { throw Errno(rawValue: Glibc.errno) }
        return names
    }

    /// Replaces `path` durably: a new file in its directory, fsync, rename, fsync of the directory.
    ///
    /// After a crash at any point the old or the new content stands there whole, with exactly `mode`. A crash leaves
    /// another name beside it only where there was old content, or the file system has no files without a name; the next
    /// process with this one's ID takes that name over.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(Errno) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = try FileDescriptor.workingDirectory.open(parent, flags: O_RDONLY | O_DIRECTORY)
        defer { directory.discard() }
        let temporary = "\(path).\(getpid()).tmp"
        if let file = try nameless(in: parent, mode: mode) {
            defer { file.discard() }
            try write(bytes, to: file, mode: mode)
            if try link(file, at: path) { return try synchronize(directory) }
            _ = Glibc.unlink(temporary)
            guard try link(file, at: temporary) else { throw .fileExists }
        } else {
            let file = try FileDescriptor.workingDirectory.open(
                temporary, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
            defer { file.discard() }
            try removing(temporary) { () throws(Errno) in try write(bytes, to: file, mode: mode) }
        }
        try removing(temporary) { () throws(Errno) in try rename(temporary, to: path) }
        try synchronize(directory)
    }

    /// A file without a name in `directory`, which is gone when nobody gives it one (O_TMPFILE, open(2)); nil where the
    /// file system has no such files.
    private static func nameless(in directory: String, mode: UInt32) throws(Errno) -> FileDescriptor? {
        do throws(Errno) {
            return try FileDescriptor.workingDirectory.open(directory, flags: O_WRONLY | clinux_o_tmpfile, mode: mode)
        } catch {
            guard error == .notSupported || error == .isDirectory else { throw error }
            return nil
        }
    }

    private static func write(_ bytes: [UInt8], to file: FileDescriptor, mode: UInt32) throws(Errno) {
        _ = try valueOrErrno(fchmod(file.rawValue, mode))
        try file.writeEverything(bytes)
        try synchronize(file)
    }

    /// Gives a file without a name this one; false when it is taken.
    private static func link(_ file: FileDescriptor, at path: String) throws(Errno) -> Bool {
        do throws(Errno) {
            let source = "/proc/self/fd/\(file.rawValue)"
            _ = try valueOrErrno(linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
            return true
        } catch {
            guard error == .fileExists else { throw error }
            return false
        }
    }

    /// Does `body`, and removes the name when that fails.
    private static func removing(_ path: String, unless body: () throws(Errno) -> Void) throws(Errno) {
        do throws(Errno) {
            try body()
        } catch {
            _ = Glibc.unlink(path)
            throw error
        }
    }
}
