import Glibc
import Linux
import SystemPackage

/// A file of the workspace: read whole, and replaced whole.
struct WorkFile {
    let path: String

    /// The longest file that is read or changed, in bytes.
    static let limit = 32 << 20

    /// What is in it. Throws for what is no regular file: nobody waits for a pipe.
    func read() throws(OperationError) -> [UInt8] {
        let file = try on(path) { () throws(Errno) in
            try FileDescriptor.workingDirectory.open(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
        }
        defer { file.discard() }
        let status = try on(path) { () throws(Errno) in try FileStatus(of: file) }
        switch status.kind {
        case .regular: break
        case .directory: throw OperationError("\(path): this is a directory; list it with ls.")
        default: throw OperationError("\(path): this is no regular file.")
        }
        guard status.size <= Self.limit else {
            throw OperationError(
                "\(path): this file has \(status.size) bytes, and at most \(Self.limit) are read; use exec with head, tail or sed."
            )
        }
        return try on(path) { () throws(Errno) in try file.readEverything(limit: Self.limit) }
    }

    /// Puts `bytes` in its place, at one moment: who reads it sees the old or the new content whole. Directories that are
    /// missing above it are made. A link stays, and what it leads to is replaced. Returns whether it is new.
    @discardableResult
    func replace(with bytes: [UInt8]) throws(OperationError) -> Bool {
        let place = resolved
        let old = try? FileStatus(of: place)
        if let old, old.kind != .regular { throw OperationError("\(path): this is no regular file.") }
        let slash = place.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { $0 == place.startIndex ? "/" : String(place[..<$0]) } ?? "."
        try makeDirectories(directory)
        let temporary = "\(directory)/.\(getpid()).mazelclaw.tmp"
        return try on(path) { () throws(Errno) in
            let file = try FileDescriptor.workingDirectory.open(
                temporary, flags: O_WRONLY | O_CREAT | O_EXCL | OpenFlag.noFollow, mode: 0o666)
            defer { file.discard() }
            do throws(Errno) {
                try file.writeEverything(bytes)
                if let old, fchmod(file.rawValue, old.mode & 0o777) != 0 { throw Errno(rawValue: Glibc.errno) }
                try FileSystem.rename(temporary, to: place)
            } catch {
                try? FileSystem.unlink(temporary)
                throw error
            }
            return old == nil
        }
    }

    /// Removes it.
    func remove() throws(OperationError) {
        try on(path) { () throws(Errno) in try FileSystem.unlink(path) }
    }

    /// Where its links lead; itself where it is none, or is not there yet.
    private var resolved: String {
        guard (try? FileStatus(of: path))?.kind == .symbolicLink, let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private func makeDirectories(_ directory: String) throws(OperationError) {
        do throws(Errno) {
            try FileSystem.makeDirectory(directory, mode: 0o777)
        } catch {
            switch error {
            case .fileExists: return
            case .noSuchFileOrDirectory:
                guard let slash = directory.utf8.lastIndex(of: UInt8(ascii: "/")), slash != directory.startIndex else {
                    throw OperationError(path, error)
                }
                try makeDirectories(String(directory[..<slash]))
                try makeDirectories(directory)
            default:
                // A directory above may be one that cannot be written, and is there.
                guard (try? FileStatus(of: directory, follow: true))?.kind == .directory else {
                    throw OperationError(path, error)
                }
            }
        }
    }
}
