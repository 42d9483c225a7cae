import Glibc
import Linux
import Policy
import SystemPackage

/// Opens a path of the host without following a link that somebody else could have put there.
///
/// Links are followed only where root alone decides: in a directory that root owns and nobody else can write,
/// such as `/var/run`. Anywhere else a component that is a link is refused by name. Root is who owns "/".
enum SafePath {
    /// A path that was refused.
    struct Refusal: Error {
        let errno: Errno
        let detail: String
    }

    /// A descriptor (O_PATH) of what stands at `path`.
    static func open(_ path: AbsolutePath) throws(Refusal) -> FileDescriptor {
        do {
            // One call settles the common case: no link anywhere.
            return try FileDescriptor.workingDirectory.open(
                path.text, flags: OpenFlag.path, resolve: [.noSymbolicLinks, .noMagicLinks])
        } catch {
            // ELOOP: there is a link. ENOSYS: no openat2, or a filter that hides it (RestrictSUIDSGID=, systemd 257).
            guard error == .tooManySymbolicLinkLevels || error == .noFunction else {
                throw Refusal(errno: error, detail: path.text)
            }
        }
        return try walk(path)
    }

    /// Makes `path` and every missing directory above it, following links no more than `open` does.
    ///
    /// With an owner, who may have no right to make it, it is given to that user, and what is missing above it stays root's
    /// and can be passed through. Everything else has mode 0700.
    static func makeDirectories(_ path: AbsolutePath, ownedBy owner: UserIdentity.Owner? = nil) throws(Refusal) {
        do {
            try open(path).discard()
            return
        } catch {
            guard error.errno == .noSuchFileOrDirectory, path != .root else { throw error }
        }
        try makeDirectories(path.parent, mode: owner == nil ? 0o700 : 0o755)
        let parent = try open(path.parent)
        defer { parent.discard() }
        do {
            try FileSystem.makeDirectory(path.lastComponent, in: parent, mode: 0o700)
            guard let owner else { return }
            // Whatever bears the name by now: a directory, and no link.
            let directory = try parent.open(
                path.lastComponent, flags: O_RDONLY | OpenFlag.directory | OpenFlag.noFollow)
            defer { directory.discard() }
            try FileSystem.setOwner(directory, userID: owner.userID, groupID: owner.groupID)
        } catch {
            throw Refusal(errno: error, detail: path.text)
        }
    }

    private static func makeDirectories(_ path: AbsolutePath, mode: UInt32) throws(Refusal) {
        do {
            try open(path).discard()
        } catch {
            guard error.errno == .noSuchFileOrDirectory, path != .root else { throw error }
            try makeDirectories(path.parent, mode: mode)
            let parent = try open(path.parent)
            defer { parent.discard() }
            do {
                try FileSystem.makeDirectory(path.lastComponent, in: parent, mode: mode)
            } catch {
                throw Refusal(errno: error, detail: path.text)
            }
        }
    }

    /// Throws unless what stands open at `path` is root's and nobody else can write it.
    static func checkRootOwns(_ place: FileDescriptor, _ path: AbsolutePath) throws(Refusal) {
        let root = try openRoot()
        defer { root.discard() }
        let own = try status(place, path)
        guard try own.userID == status(root, path).userID, !own.isWritableByOthers else {
            throw Refusal(errno: .notPermitted, detail: "\(path): others than root can write it")
        }
    }

    /// The same by hand, component by component.
    static func walk(_ path: AbsolutePath) throws(Refusal) -> FileDescriptor {
        var pending = Array(path.components.map(String.init).reversed())
        var trail: [FileDescriptor] = [try openRoot()]
        var links = 0
        defer { for directory in trail.dropLast() { directory.discard() } }
        while let component = pending.popLast() {
            if component == ".." {
                if trail.count > 1 { trail.removeLast().discard() }
                continue
            }
            let directory = trail[trail.count - 1]
            let next = try step(component, in: directory, of: path)
            guard try status(next, path).kind == .symbolicLink else {
                trail.append(next)
                continue
            }
            next.discard()
            links += 1
            guard links <= 40 else { throw Refusal(errno: .tooManySymbolicLinkLevels, detail: path.text) }
            let target = try target(of: component, in: directory, of: path, root: trail[0])
            if target.utf8.first == UInt8(ascii: "/") {
                for directory in trail.dropFirst() { directory.discard() }
                trail.removeLast(trail.count - 1)
            }
            let parts = target.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
            pending += parts.filter { $0 != "." }.reversed()
        }
        return trail[trail.count - 1]
    }

    private static func openRoot() throws(Refusal) -> FileDescriptor {
        do {
            return try FileDescriptor.workingDirectory.open("/", flags: OpenFlag.path)
        } catch {
            throw Refusal(errno: error, detail: "/")
        }
    }

    private static func step(
        _ component: String, in directory: FileDescriptor, of path: AbsolutePath
    ) throws(Refusal) -> FileDescriptor {
        do {
            return try directory.open(component, flags: OpenFlag.path | OpenFlag.noFollow)
        } catch {
            throw Refusal(errno: error, detail: "\(path), component \"\(component)\"")
        }
    }

    private static func status(_ descriptor: FileDescriptor, _ path: AbsolutePath) throws(Refusal) -> FileStatus {
        do {
            return try FileStatus(of: descriptor)
        } catch {
            throw Refusal(errno: error, detail: path.text)
        }
    }

    private static func target(
        of component: String, in directory: FileDescriptor, of path: AbsolutePath, root: FileDescriptor
    ) throws(Refusal) -> String {
        let owner = try status(directory, path)
        // In a user namespace without ID 0 root's files bear the overflow ID, and so do those of other users:
        // whoever opens there must know which file to expect from having looked outside.
        guard try owner.userID == status(root, path).userID, !owner.isWritableByOthers else {
            throw Refusal(
                errno: .tooManySymbolicLinkLevels,
                detail: "\(path): component \"\(component)\" is a symbolic link in a directory that others than "
                    + "root can write")
        }
        do {
            return try FileSystem.readSymbolicLink(component, in: directory)
        } catch {
            throw Refusal(errno: error, detail: "\(path), component \"\(component)\"")
        }
    }
}
