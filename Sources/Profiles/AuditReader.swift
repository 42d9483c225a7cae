import Glibc
import Linux
public import Policy
import SystemPackage

/// Reads an instance's log while it is written, in whole lines.
///
/// Of a file that is longer than any log becomes it reads the end.
public struct AuditReader {
    private let path: AbsolutePath
    private let older: AbsolutePath
    /// Where the next lines begin; nil before anything was read.
    private var position: Int64?

    /// How much of one file is read at a time, in bytes.
    private static let limit = 2 * AuditLog.limit
    private static let lineFeed = UInt8(ascii: "\n")

    /// A reader that has read nothing of the log of `profile`.
    public init(of profile: ProfileName, _ part: AuditLog.Part = .sandbox, in directories: HostDirectories) {
        path = AuditLog.path(of: profile, part, in: directories)
        older = AuditLog.olderPath(of: profile, part, in: directories)
    }

    /// The lines that were not read before, oldest first: at the first call all that is kept. None of a log that does not
    /// exist. Lines that were written between two calls are read also when they were set aside meanwhile.
    public mutating func next() throws(ProfileError) -> [[UInt8]] {
        guard let position else { return try all() }
        let current = try read(path, from: position)
        guard current.size < position else {
            self.position = current.end
            return current.lines
        }
        let rest = try read(older, from: position)
        let anew = try read(path, from: 0)
        self.position = anew.end
        return rest.lines + anew.lines
    }

    private mutating func all() throws(ProfileError) -> [[UInt8]] {
        while true {
            let before = try read(older, from: 0)
            let current = try read(path, from: 0)
            // What was set aside in between would be missing.
            guard try size(older) == before.size, try size(path) >= current.size else { continue }
            position = current.end
            return before.lines + current.lines
        }
    }

    private typealias Part = (lines: [[UInt8]], end: Int64, size: Int64)

    /// The whole lines from `position` on, where the next begin, and how long the file is.
    private func read(_ path: AbsolutePath, from position: Int64) throws(ProfileError) -> Part {
        do throws(Errno) {
            let file = try FileDescriptor.workingDirectory.open(path.text, flags: O_RDONLY)
            defer { file.discard() }
            let size = try FileStatus(of: file).size
            let start = max(position, size - Self.limit)
            guard start < size else { return ([], position, size) }
            var bytes = try file.readSome(limit: Int(size - start), at: start)[...]
            guard let last = bytes.lastIndex(of: Self.lineFeed) else { return ([], position, size) }
            bytes = bytes[..<last]
            // Begun in the middle of a line, or after its end, which tells no difference.
            if start > position { bytes = bytes.drop { $0 != Self.lineFeed } }
            return (bytes.split(separator: Self.lineFeed).map(Array.init), start + Int64(last) + 1, size)
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw .system(action: "read", path: path.text, errno: error)
            }
            return ([], 0, 0)
        }
    }

    private func size(_ path: AbsolutePath) throws(ProfileError) -> Int64 {
        do throws(Errno) {
            return try FileStatus(of: path.text).size
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw .system(action: "read", path: path.text, errno: error)
            }
            return 0
        }
    }
}
