internal import CLinux
import Glibc
public import SystemPackage

extension FileDescriptor {
    /// The current working directory, for the calls that take a directory (AT_FDCWD, openat(2)).
    public static let workingDirectory = FileDescriptor(rawValue: AT_FDCWD)

    /// Opens `path` relative to this directory (openat(2)). `flags` are O_* bits; O_CLOEXEC is always added.
    public func open(_ path: String, flags: Int32, mode: UInt32 = 0) throws(Errno) -> FileDescriptor {
        let flags = flags | O_CLOEXEC
        return FileDescriptor(rawValue: try retryingOnInterrupt { clinux_openat(rawValue, path, flags, mode) })
    }

    /// Opens `path` below this directory with openat2(2): `resolve` holds RESOLVE_* bits.
    public func open(_ path: String, flags: Int32, resolve: ResolveFlags) throws(Errno) -> FileDescriptor {
        let flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        return FileDescriptor(
            rawValue: Int32(try retryingOnInterrupt { clinux_openat2(rawValue, path, flags, resolve.rawValue) }))
    }

    /// Closes the descriptor; an error of close(2) leaves nothing to do about it.
    public func discard() {
        _ = Glibc.close(rawValue)
    }

    /// Makes `number` a copy of this descriptor that exec keeps, in place of what it was (dup2(2)).
    public func become(_ number: Int32) throws(Errno) {
        _ = try retryingOnInterrupt { Glibc.dup2(rawValue, number) }
    }

    /// A copy of this descriptor at `number` or the first free one above, closed by exec (F_DUPFD_CLOEXEC, fcntl(2)).
    public func duplicated(from number: Int32) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try valueOrErrno(fcntl(rawValue, F_DUPFD_CLOEXEC, number)))
    }

    /// Whether the descriptor is open (F_GETFD, fcntl(2)).
    public var isOpen: Bool { fcntl(rawValue, F_GETFD) != -1 }

    /// Whether exec closes the descriptor (FD_CLOEXEC, fcntl(2)).
    public func setCloseOnExec(_ isOn: Bool) throws(Errno) {
        _ = try valueOrErrno(fcntl(rawValue, F_SETFD, isOn ? FD_CLOEXEC : 0))
    }

    /// Writes all of `bytes`.
    public func writeEverything(_ bytes: some Collection<UInt8>) throws(Errno) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            rest = rest.dropFirst(try writeSome(rest))
        }
    }

    /// Writes what there is room for now, and returns how much that was (write(2)).
    public func writeSome(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
        try retryingOnInterrupt { bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) } }
    }

    /// Writes some of `bytes` from byte `position` of a file on, and returns how much that was (pwrite(2)).
    public func writeSome(_ bytes: ArraySlice<UInt8>, at position: Int64) throws(Errno) -> Int {
        try retryingOnInterrupt {
            bytes.withUnsafeBytes { Glibc.pwrite(rawValue, $0.baseAddress, $0.count, Int(position)) }
        }
    }

    /// Makes a file `length` bytes long (ftruncate(2)).
    public func truncate(to length: Int64) throws(Errno) {
        _ = try retryingOnInterrupt { ftruncate(rawValue, Int(length)) }
    }

    /// Reads to the end, at most `limit` bytes; throws EFBIG beyond that.
    public func readEverything(limit: Int = 4 << 20) throws(Errno) -> [UInt8] {
        // A regular file tells its size; one byte more finds its end in the same call. What tells none, such as
        // a pipe or a file of /proc, is read in pieces.
        let size = try FileStatus(of: self).size
        var piece = try readSome(limit: size > 0 ? min(Int(size), limit) + 1 : 4096)
        var bytes = piece
        while !piece.isEmpty {
            guard bytes.count <= limit else { throw Errno(rawValue: EFBIG) }
            if size > 0, bytes.count == Int(size) { break }
            piece = try readSome(limit: 64 << 10)
            bytes += piece
        }
        return bytes
    }

    /// Writes what `file` holds from where it stands to its end, at most `limit` bytes, without taking it into this
    /// process's memory (sendfile(2)); throws EFBIG beyond that.
    public func writeEverything(of file: FileDescriptor, limit: Int = 4 << 20) throws(Errno) {
        let size = try FileStatus(of: file).size
        // What tells no size, as a file of /proc, is read.
        guard size > 0 else { return try writeEverything(try file.readEverything(limit: limit)) }
        var copied = 0
        while true {
            let count = try retryingOnInterrupt { clinux_sendfile(rawValue, file.rawValue, UInt(limit + 1 - copied)) }
            copied += count
            guard copied <= limit else { throw Errno(rawValue: EFBIG) }
            // A file that is as long as it said has no more; asking costs as much as copying.
            if count == 0 || copied == Int(size) { return }
        }
    }

    /// What the file holds, from its beginning, at most `limit` bytes; throws EFBIG beyond that, and ESPIPE for what has
    /// no beginning, such as a pipe (lseek(2)).
    public func readFromStart(limit: Int = 4 << 20) throws(Errno) -> [UInt8] {
        _ = try valueOrErrno(Glibc.lseek(rawValue, 0, SEEK_SET))
        return try readEverything(limit: limit)
    }

    /// What is there to read now, at most `length` bytes; nothing at the end (read(2)).
    public func readSome(limit length: Int) throws(Errno) -> [UInt8] {
        try bytes(limit: length) { Glibc.read(rawValue, $0, length) }
    }

    /// What a file holds from byte `position` on, at most `length` bytes; nothing from its end on (pread(2)).
    public func readSome(limit length: Int, at position: Int64) throws(Errno) -> [UInt8] {
        try bytes(limit: length) { Glibc.pread(rawValue, $0, length, Int(position)) }
    }

    private func bytes(limit length: Int, _ call: (UnsafeMutablePointer<UInt8>?) -> Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let piece = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            do throws(Errno) {
                count = try retryingOnInterrupt { call(buffer.baseAddress) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return piece
    }
}

/// How openat2(2) may walk a path (RESOLVE_*).
public struct ResolveFlags: OptionSet, Sendable {
    /// RESOLVE_* bits of `open_how.resolve` (openat2(2)).
    public let rawValue: UInt64

    /// A set of the kernel's bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// No component may be a symbolic link (RESOLVE_NO_SYMLINKS).
    public static let noSymbolicLinks = ResolveFlags(rawValue: UInt64(RESOLVE_NO_SYMLINKS))
    /// The walk stays below the directory; what leads out fails with EXDEV (RESOLVE_BENEATH).
    public static let beneath = ResolveFlags(rawValue: UInt64(RESOLVE_BENEATH))
    /// The directory is the root of the walk: absolute links and ".." stay in it (RESOLVE_IN_ROOT).
    public static let inRoot = ResolveFlags(rawValue: UInt64(RESOLVE_IN_ROOT))
    /// No component may be a magic link of /proc (RESOLVE_NO_MAGICLINKS).
    public static let noMagicLinks = ResolveFlags(rawValue: UInt64(RESOLVE_NO_MAGICLINKS))
}

/// Flags of open(2) that Swift's Glibc lacks.
public enum OpenFlag {
    /// A descriptor that only names a place in the tree (O_PATH).
    public static let path = clinux_o_path
    /// Fails with ELOOP on a symbolic link, or with O_PATH opens the link itself (O_NOFOLLOW).
    public static let noFollow = O_NOFOLLOW
    /// Fails with ENOTDIR on anything but a directory (O_DIRECTORY).
    public static let directory = O_DIRECTORY
}
