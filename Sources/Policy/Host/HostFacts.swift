/// What was found out about this host before planning; all that a plan depends on beside the files.
public struct HostFacts: Sendable {
    /// What stands at a path of the host.
    public enum Entry: Equatable, Sendable {
        case directory
        case file
        case symbolicLink(target: String)
    }

    /// The user the payload will be.
    public var user: UserIdentity
    /// Whether the launcher was started by root and must become that user.
    public var isRoot: Bool
    /// The Landlock ABI; 0 when there is none.
    public var landlockABI: Int32
    /// Why there is no Landlock, in a few words, and what to do about it.
    public var landlockAbsence = (
        finding: "the kernel has no Landlock", remedy: "use a kernel from 6.12 on with \"landlock\" in lsm="
    )
    /// Whether the launcher sees all of /proc. In one with only the processes (subset=pid, proc(5)) nothing shows what a
    /// fresh one will hold.
    public var seesWholeProc = true
    /// The paths asked about that exist. Arrays and no dictionaries here and below: a dictionary's type alone
    /// costs the launcher more to set up than looking through these.
    public var entries: [(path: AbsolutePath, entry: Entry)]
    /// The directories below which something is mounted, of those that the policy wants views of, with what stands in them:
    /// an overlay does not follow mounts, and cannot be made of a tree that has some.
    public var divided: [(directory: AbsolutePath, entries: [(name: String, entry: Entry)])] = []
    /// The state directory and the workspace as they are now.
    public var identities: [(path: AbsolutePath, identity: FileIdentity)]
    /// The host's resolv.conf(5).
    public var resolverConfiguration: String
    /// The launcher's standard streams.
    public var streams = StandardStreams.null
    /// The launcher's environment.
    public var environment: [EnvironmentVariable]

    /// Facts as they were found. What is not named here is as on a host that lacks nothing.
    public init(
        user: UserIdentity, isRoot: Bool, landlockABI: Int32, entries: [(path: AbsolutePath, entry: Entry)],
        identities: [(path: AbsolutePath, identity: FileIdentity)], resolverConfiguration: String,
        environment: [EnvironmentVariable]
    ) {
        self.user = user
        self.isRoot = isRoot
        self.landlockABI = landlockABI
        self.entries = entries
        self.identities = identities
        self.resolverConfiguration = resolverConfiguration
        self.environment = environment
    }

    /// What stands at `path`, or nil when nothing does or nobody asked.
    public func entry(at path: AbsolutePath) -> Entry? {
        entries.first { $0.path == path }?.entry
    }

    /// Whether a new /proc may hold `path`.
    func mayHold(_ path: AbsolutePath) -> Bool {
        entry(at: path) != nil || !seesWholeProc && (AbsolutePath.root / "proc").contains(path)
    }

    /// The directory at `path` as it was seen, or nil when nobody asked.
    public func identity(of path: AbsolutePath) -> FileIdentity? {
        identities.first { $0.path == path }?.identity
    }
}
