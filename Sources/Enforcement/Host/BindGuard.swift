import Linux
import Policy
import SystemPackage

/// Refuses binds that would show a sandbox what belongs to the host, or let it change what decides about sandboxes.
///
/// What is compared are files, not names: through links, other mounts and every directory above and below.
struct BindGuard {
    /// Something of the host's.
    struct Place {
        /// Its path on the host. What counts is the file it leads to.
        let path: AbsolutePath
        /// What it is, in a few words.
        let meaning: String
        /// Whether no sandbox may even see it; else none may write it.
        let isHidden: Bool
    }

    /// All that is the host's. What does not exist stands in no bind's way.
    let places: [Place]

    /// Throws `PlanError.invalid` for a bind that holds one of the places or lies in one, and for one that holds a socket
    /// which somebody on the host listens on, unless the profile lists it; `LaunchError.system` where that cannot be told.
    func check(_ binds: [BindMount]) throws(LaunchError) {
        guard !binds.isEmpty else { return }
        var guarded: [(place: Place, lineage: FileLineage)] = []
        for place in places {
            if let lineage = try Self.lineage(ofGuarded: place.path) { guarded.append((place, lineage)) }
        }
        let listening = try Self.listeningSockets()
        let mountPoints = try MountTable.mountPoints()
        for bind in binds where !(AbsolutePath.root / "proc").contains(bind.source) {
            let source = try Self.lineage(of: bind.source)
            let mounts = try Self.mounts(of: mountPoints, below: bind.source)
            for (place, lineage) in guarded where place.isHidden || bind.isWritable {
                let isHeld = source.holds(lineage) || mounts.contains { $0.holds(lineage) }
                guard isHeld || lineage.holds(source) else { continue }
                throw .plan(.invalid(Self.sentence(bind, isHeld: isHeld, place)))
            }
            for socket in listening where !bind.sockets.contains(socket.path) {
                guard source.holds(socket.lineage) || mounts.contains(where: { $0.holds(socket.lineage) }) else {
                    continue
                }
                throw .plan(
                    .invalid(
                        "cannot bind \(bind.source): \(socket.path) in it is a socket of a program on this host, which would "
                            + "take the payload's orders; bind what does not hold it, or list it in \"sockets\" of the bind "
                            + "in the profile"))
            }
        }
    }

    private static func sentence(_ bind: BindMount, isHeld: Bool, _ place: Place) -> String {
        let relation = bind.source == place.path ? "is" : isHeld ? "holds \(place.path)," : "lies in \(place.path),"
        return
            "cannot bind \(bind.source)\(bind.isWritable ? " writable" : ""): it \(relation) \(place.meaning), which "
            + (place.isHidden ? "no sandbox may see" : "no sandbox may change") + "; bind a directory apart from it"
    }

    /// That of a place of the host's; nil where it is shut to this user, as the home directories of others are: the payload,
    /// which runs as this user, has no more rights there, whatever is bound. Root's payload may be somebody else.
    private static func lineage(ofGuarded path: AbsolutePath) throws(LaunchError) -> FileLineage? {
        do {
            return try FileLineage(of: path)
        } catch {
            if error == .permissionDenied, Credentials.effectiveUserID != 0 { return nil }
            throw .system(action: "look at", path: path.text, errno: error)
        }
    }

    private static func lineage(of path: AbsolutePath) throws(LaunchError) -> FileLineage {
        do {
            return try FileLineage(of: path)
        } catch {
            throw .system(action: "look at", path: path.text, errno: error)
        }
    }

    /// Those of the mounts at `places` that lie below `path`, and come along with a bind of it (proc_pid_mountinfo(5)).
    private static func mounts(
        of places: [AbsolutePath], below path: AbsolutePath
    ) throws(LaunchError) -> [FileLineage] {
        var mounts: [FileLineage] = []
        for place in places where place != path && path.contains(place) {
            do throws(Errno) {
                mounts.append(try FileLineage(of: place))
            } catch {
                // A mount of another user's (FUSE) that is shut to this one is shut to the payload too.
                guard error == .permissionDenied else {
                    throw .system(action: "look at", path: place.text, errno: error)
                }
            }
        }
        return mounts
    }

    /// The sockets of this host's files at which somebody takes connections or datagrams.
    private static func listeningSockets() throws(LaunchError) -> [(path: AbsolutePath, lineage: FileLineage)] {
        let names: [String]
        do {
            names = try UnixSocketName.listening()
        } catch {
            throw .system(action: "list", path: "the Unix sockets of this host", errno: error)
        }
        var sockets: [(path: AbsolutePath, lineage: FileLineage)] = []
        for name in names {
            // What cannot be looked at is of another sandbox's tree, gone, or shut to this user as to the payload.
            guard let path = AbsolutePath(name), (try? FileStatus(of: name, follow: true))?.kind == .socket else {
                continue
            }
            sockets.append((path, try lineage(of: path)))
        }
        return sockets
    }
}
