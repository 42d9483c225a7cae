import Glibc
import Linux
import SystemPackage

/// What openat2(2) does with RESOLVE_IN_ROOT or RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS, and by hand where a filter
/// over the launcher hides that call (RestrictSUIDSGID=, systemd.exec(5)).
///
/// By hand every component is opened by itself, below a descriptor opened before, so that no link and no rename leads out:
/// ".." goes back to the descriptor the walk came from.
struct RootedWalk {
    /// Where the walk starts, and what it does not leave.
    let start: FileDescriptor
    /// Whether to leave is an error (EXDEV), as with RESOLVE_BENEATH; else the start is the root.
    let isBeneath: Bool

    /// How many links are followed at most (path_resolution(7)).
    private static let linkLimit = 40

    /// The directory at `path`, as O_PATH.
    func open(_ path: String) throws(Errno) -> FileDescriptor {
        do throws(Errno) {
            return try start.open(
                path, flags: OpenFlag.path | OpenFlag.directory,
                resolve: isBeneath ? [.beneath, .noMagicLinks] : [.inRoot, .noMagicLinks])
        } catch {
            guard error == .noFunction else { throw error }
            return try walk(path)
        }
    }

    /// The same by hand, component by component.
    func walk(_ path: String) throws(Errno) -> FileDescriptor {
        var pending = try components(of: path)
        var trail: [FileDescriptor] = []
        defer { for directory in trail { directory.discard() } }
        var links = 0
        while let component = pending.popLast() {
            if component == ".." {
                guard let last = trail.popLast() else {
                    if isBeneath { throw .improperLink }
                    continue
                }
                last.discard()
                continue
            }
            let next = try (trail.last ?? start).open(component, flags: OpenFlag.path | OpenFlag.noFollow)
            do throws(Errno) {
                switch try FileStatus(of: next).kind {
                case .directory:
                    trail.append(next)
                    continue
                case .symbolicLink:
                    links += 1
                    guard links <= Self.linkLimit else { throw Errno.tooManySymbolicLinkLevels }
                    // Of the very link that was opened, whatever bears its name by now.
                    let target = try FileSystem.readSymbolicLink("", in: next)
                    // What a link of /proc leads to is not what its text says.
                    guard try !FileSystem.isProc(next) else { throw Errno.tooManySymbolicLinkLevels }
                    pending += try components(of: target)
                    if target.utf8.first == UInt8(ascii: "/") {
                        for directory in trail { directory.discard() }
                        trail = []
                    }
                case .regular, .characterDevice, .pipe, .socket, .other: throw Errno.notDirectory
                }
            } catch {
                next.discard()
                throw error
            }
            next.discard()
        }
        return try (trail.last ?? start).open(".", flags: OpenFlag.path | OpenFlag.directory)
    }

    /// The components, the first one last.
    private func components(of path: String) throws(Errno) -> [String] {
        if isBeneath, path.utf8.first == UInt8(ascii: "/") { throw .improperLink }
        return path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
            .reversed()
    }
}
