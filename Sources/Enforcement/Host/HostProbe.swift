import Glibc
import Linux
public import Policy
import SystemPackage

/// Finds out about the host what a plan depends on. Reads only.
public struct HostProbe {
    private let environment: [EnvironmentVariable]

    /// A probe for a launcher with this environment.
    public init(environment: [EnvironmentVariable]) {
        self.environment = environment
    }

    /// The facts for a plan of `profile` under `policy`, run as `user`.
    ///
    /// Throws `LaunchError.unsafePath` when the state directory or the workspace cannot be opened safely.
    public func facts(
        user: UserIdentity, policy: SandboxPolicy, profile: Profile, paths: ProfilePaths
    ) throws(LaunchError) -> HostFacts {
        var entries: [(path: AbsolutePath, entry: HostFacts.Entry)] = []
        var identities: [(path: AbsolutePath, identity: FileIdentity)] = []
        // Binds first: what counts is where a path of the administrator's leads, not whether it is a link.
        // None from /proc is looked at: the plan refuses it, saying why.
        for bind in profile.binds where !(AbsolutePath.root / "proc").contains(bind.source) {
            let status = try status(of: bind.source)
            entries.append((bind.source, status.kind == .directory ? .directory : .file))
            identities.append((bind.source, status.identity))
        }
        for path in PlanRequest.pathsOfInterest(of: policy) {
            if let entry = try Self.entry(path) { entries.append((path, entry)) }
        }
        for directory in [paths.state, paths.workspace]
        where directory == paths.state || profile.workspaceOverlay != nil || !paths.state.contains(directory) {
            identities.append((directory, try identity(of: directory, user: user)))
        }
        let divided = try Self.divided(for: policy)
        // Without it programs inside look no names up, and nothing else depends on it.
        let resolver = (try? FileSystem.read("/etc/resolv.conf", limit: 64 << 10)) ?? []
        var facts = HostFacts(
            user: user, isRoot: Credentials.userID == 0 && user.userID != 0, landlockABI: 0,
            entries: entries, identities: identities,
            resolverConfiguration: String(decoding: resolver, as: UTF8.self), environment: environment)
        do {
            facts.landlockABI = try Landlock.askForABIVersion()
        } catch {
            facts.landlockAbsence = HostDiagnosis().landlockAbsence(error)
        }
        facts.divided = divided
        // Where it cannot be told, everything that the policy names in /proc is covered.
        facts.seesWholeProc = (try? FileStatus(of: "/proc/sys")) != nil
        return facts
    }

    /// The directories of the policy's views below which something is mounted, with what stands in them.
    private static func divided(
        for policy: SandboxPolicy
    ) throws(LaunchError) -> [(directory: AbsolutePath, entries: [(name: String, entry: HostFacts.Entry)])] {
        let sources = policy.mounts.compactMap { mount in
            if case .view(let source) = mount.source { source } else { nil }
        }
        guard !sources.isEmpty else { return [] }
        var divided: [(directory: AbsolutePath, entries: [(name: String, entry: HostFacts.Entry)])] = []
        for place in try MountTable.mountPoints() {
            guard let source = sources.first(where: { $0 != place && $0.contains(place) }) else { continue }
            var directory = place
            while directory != source {
                directory = directory.parent
                guard !divided.contains(where: { $0.directory == directory }) else { break }
                divided.append((directory, try entries(of: directory)))
            }
        }
        return divided
    }

    private static func entries(
        of directory: AbsolutePath
    ) throws(LaunchError) -> [(name: String, entry: HostFacts.Entry)] {
        let names: [String]
        do {
            names = try FileSystem.entries(of: directory.text).sorted()
        } catch {
            throw .system(action: "list", path: directory.text, errno: error)
        }
        var entries: [(name: String, entry: HostFacts.Entry)] = []
        for name in names {
            if let entry = try entry(directory / name) { entries.append((name, entry)) }
        }
        return entries
    }

    /// Nil when nothing stands at `path`. Where that cannot be told the start ends: what is not known of would not be
    /// masked.
    private static func entry(_ path: AbsolutePath) throws(LaunchError) -> HostFacts.Entry? {
        do {
            switch try FileStatus(of: path.text).kind {
            case .directory: return .directory
            case .symbolicLink: return .symbolicLink(target: try FileSystem.readSymbolicLink(path.text))
            case .regular, .characterDevice, .pipe, .socket, .other: return .file
            }
        } catch {
            guard error == .noSuchFileOrDirectory || error == .notDirectory else {
                throw .system(action: "look at", path: path.text, errno: error)
            }
            return nil
        }
    }

    private func status(of path: AbsolutePath) throws(LaunchError) -> FileStatus {
        let descriptor: FileDescriptor
        do {
            descriptor = try SafePath.open(path)
        } catch {
            guard error.errno == .tooManySymbolicLinkLevels else {
                throw .system(action: "bind", path: path.text, errno: error.errno)
            }
            throw .unsafePath(path, "\(error.errno.name) at \(error.detail)")
        }
        defer { descriptor.discard() }
        do {
            return try FileStatus(of: descriptor)
        } catch {
            throw .system(action: "bind", path: path.text, errno: error)
        }
    }

    private func identity(
        of directory: AbsolutePath, user: UserIdentity
    ) throws(LaunchError) -> FileIdentity {
        let owner = user.owner
        let found: Result<FileStatus, SafePath.Refusal>
        do throws(Errno) {
            // As that user, who can reach it for sure: root may have no right to (CapabilityBoundingSet=, capabilities(7)).
            found = try Credentials.acting(asUser: owner.userID, group: owner.groupID) {
                () throws(SafePath.Refusal) in try Self.status(of: directory)
            }
        } catch {
            throw .cannotBecome(owner.userID, error)
        }
        let status: FileStatus
        switch found {
        case .success(let success): status = success
        case .failure(let refusal): throw .unsafePath(directory, "\(refusal.errno.name) at \(refusal.detail)")
        }
        guard status.kind == .directory else { throw .unsafePath(directory, "it is no directory; move it away") }
        guard status.userID == owner.userID else {
            throw .unsafePath(
                directory,
                "it belongs to user \(status.userID), and the profile's files to \(owner.userID): "
                    + "run chown -R \(owner.userID):\(owner.groupID) \(directory)")
        }
        guard !status.isWritableByOthers else {
            throw .unsafePath(directory, "group or others may write it: run chmod go-w \(directory)")
        }
        return status.identity
    }

    private static func status(of directory: AbsolutePath) throws(SafePath.Refusal) -> FileStatus {
        let descriptor = try SafePath.open(directory)
        defer { descriptor.discard() }
        do {
            return try FileStatus(of: descriptor)
        } catch {
            throw SafePath.Refusal(errno: error, detail: directory.text)
        }
    }
}
