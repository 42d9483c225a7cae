import Linux
import Policy
import SystemPackage

/// A file of the host and every directory above it, by what makes each that one: names, links and mounts that lead to the
/// same place make no difference.
struct FileLineage {
    /// The identities, the file's own first and the root directory's last.
    private let identities: [HostFacts.FileIdentity]

    /// The lineage of what `path` leads to, or of the nearest directory above it that exists. Throws what the kernel
    /// answers where it cannot be told.
    init(of path: AbsolutePath) throws(Errno) {
        var place = try Self.resolved(path)
        var identities: [HostFacts.FileIdentity] = []
        while true {
            identities.append(try FileStatus(of: place.text).identity)
            guard place != .root else { break }
            place = place.parent
        }
        self.identities = identities
    }

    /// Whether `other` is this file, or lies below it.
    func holds(_ other: FileLineage) -> Bool { other.identities.contains(identities[0]) }

    /// The path without links on the way, as the kernel tells it (/proc/self/fd, proc(5)).
    private static func resolved(_ path: AbsolutePath) throws(Errno) -> AbsolutePath {
        let file: FileDescriptor
        do throws(Errno) {
            file = try FileDescriptor.workingDirectory.open(path.text, flags: OpenFlag.path)
        } catch {
            guard error == .noSuchFileOrDirectory, path != .root else { throw error }
            return try resolved(path.parent)
        }
        defer { file.discard() }
        guard let resolved = AbsolutePath(try FileSystem.readSymbolicLink("/proc/self/fd/\(file.rawValue)")) else {
            throw .noSuchFileOrDirectory
        }
        return resolved
    }
}
