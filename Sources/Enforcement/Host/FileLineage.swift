import Linux
import Policy
import SystemPackage

/// A file of the host and every directory above it, by what makes each that one: names, links and mounts that lead to the
/// same place make no difference.
struct FileLineage {
    /// The file's own; nil for one that does not exist yet.
    private let own: FileIdentity?
    /// Those of the file and of the directories above it, the root directory's last.
    private let identities: [FileIdentity]

    /// The lineage of what `path` leads to, or would lie in. Throws what the kernel answers where it cannot be told.
    init(of path: AbsolutePath) throws(Errno) {
        var (place, exists) = try Self.resolved(path)
        var identities: [FileIdentity] = []
        while true {
            identities.append(try FileStatus(of: place.text).identity)
            guard place != .root else { break }
            place = place.parent
        }
        self.identities = identities
        own = exists ? identities[0] : nil
    }

    /// Whether `other` is this file, or lies below it.
    func holds(_ other: FileLineage) -> Bool { own.map(other.identities.contains) ?? false }

    /// The path without links on the way, as the kernel tells it (/proc/self/fd, proc(5)), or that of the nearest directory
    /// above it that exists.
    private static func resolved(_ path: AbsolutePath) throws(Errno) -> (path: AbsolutePath, exists: Bool) {
        let file: FileDescriptor
        do throws(Errno) {
            file = try FileDescriptor.workingDirectory.open(path.text, flags: OpenFlag.path)
        } catch {
            guard error == .noSuchFileOrDirectory, path != .root else { throw error }
            return (try resolved(path.parent).path, false)
        }
        defer { file.discard() }
        guard let resolved = AbsolutePath(try FileSystem.readSymbolicLink("/proc/self/fd/\(file.rawValue)")) else {
            throw .noSuchFileOrDirectory
        }
        return (resolved, true)
    }
}
