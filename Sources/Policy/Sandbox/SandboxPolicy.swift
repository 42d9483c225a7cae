/// What a sandbox permits: the content of `policies/NAME.json`.
///
/// A strict subset of the OCI runtime specification's keys with their meanings, and `landlock`, `ports`,
/// `seccomp`, `nestedUserNamespaces` and `siblings`, which are ours.
public struct SandboxPolicy: Equatable, Sendable {
    /// The file it was read from, for messages.
    public var file: String
    /// The host name inside; the profile's name is appended.
    public var hostname: String
    /// The file, beside this one, that holds the seccomp policy.
    public var seccomp: String
    /// What is mounted inside, in this order.
    public var mounts: [PolicyMount]
    /// Paths inside that are covered so that nothing can be read.
    public var maskedPaths: [AbsolutePath]
    /// Paths inside that cannot be written.
    public var readonlyPaths: [AbsolutePath]
    /// Resource limits (getrlimit(2)).
    public var limits: [ResourceLimit]
    /// Ceilings for the sandbox's user namespace.
    public var namespaceLimits: [NamespaceLimit]
    /// Names of variables the payload inherits; a trailing `*` matches any ending.
    public var inheritedEnvironment: [String]
    /// Variables the payload is given.
    public var environment: [EnvironmentVariable]
    /// How many user namespaces the payload may nest. Default 0.
    public var nestedUserNamespaces: Int
    /// What Landlock keeps inside the domain.
    public var scopes: [LandlockScope]
    /// The ports the payload may bind.
    public var bindPorts: [PortSelector]
    /// The ports the payload may connect to.
    public var connectPorts: [PortSelector]
    /// How many sockets of the payload may hold a port of the host's network at once.
    public var portCeilings: PortCeilings
    /// What the payload may have started beside it. Default nothing.
    public var siblings: [SiblingKind]

    /// Where the pseudoterminals are inside; nil when there are none.
    var terminals: AbsolutePath? {
        mounts.first { if case .terminals = $0.source { true } else { false } }?.destination
    }
}

/// One mount a policy asks for.
public struct PolicyMount: Equatable, Sendable {
    /// Where what is mounted comes from.
    public enum Source: Equatable, Sendable {
        /// A path of the host, with all that is mounted below it.
        case bind(AbsolutePath)
        /// A directory of root's on the host, with all that is mounted below it, as files with inodes of the sandbox's own
        /// (overlayfs): who opens or locks them outside is not noticed inside, nor the other way round.
        case view(AbsolutePath)
        /// A file of the host's, as it is when the sandbox is built.
        case copy(AbsolutePath)
        /// A new tmpfs(5) of at most so many bytes.
        case temporary(bytes: UInt64, mode: UInt32)
        /// A new proc(5) of the sandbox's own PID namespace.
        case processes
        /// A new instance of devpts, with at most so many pseudoterminals at once; nil for as many as the host has.
        case terminals(maximum: Int?)
    }

    /// Where it comes from: a path of the host, or a file system of the sandbox's own.
    public var source: Source
    /// The place inside. Missing directories above it are made.
    public var destination: AbsolutePath
    /// The mount options that forbid something on it (mount(8)).
    public var restrictions: MountRestrictions
    /// Whether a source that the host lacks is left out (fstab(5), `nofail`).
    public var mayBeMissing: Bool
}

/// Restrictions on a mount (mount(8)).
public struct MountRestrictions: OptionSet, Sendable {
    /// One bit for each.
    public let rawValue: UInt8

    /// A set of bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `ro`: no writing.
    public static let readOnly = MountRestrictions(rawValue: 1 << 0)
    /// `nosuid`: set-user-ID and file capabilities have no effect.
    public static let noSetUserID = MountRestrictions(rawValue: 1 << 1)
    /// `nodev`: device nodes cannot be opened.
    public static let noDevices = MountRestrictions(rawValue: 1 << 2)
    /// `noexec`: programs cannot be executed.
    public static let noExecution = MountRestrictions(rawValue: 1 << 3)

    /// Each restriction with its name in mount(8).
    public static let named: [(name: String, restriction: MountRestrictions)] = [
        ("ro", .readOnly), ("nosuid", .noSetUserID), ("nodev", .noDevices), ("noexec", .noExecution),
    ]
}

/// One resource limit (getrlimit(2)).
public struct ResourceLimit: Equatable, Sendable {
    /// The resources a policy may limit, by their names in getrlimit(2).
    public enum Resource: String, Sendable, CaseIterable {
        case addressSpace = "RLIMIT_AS"
        case core = "RLIMIT_CORE"
        case data = "RLIMIT_DATA"
        case fileSize = "RLIMIT_FSIZE"
        case lockedMemory = "RLIMIT_MEMLOCK"
        case messageQueues = "RLIMIT_MSGQUEUE"
        case openFiles = "RLIMIT_NOFILE"
        case processes = "RLIMIT_NPROC"
        case pendingSignals = "RLIMIT_SIGPENDING"
        case stack = "RLIMIT_STACK"
    }

    /// The resource, each in the unit that getrlimit(2) says: bytes, or a number of them.
    public var resource: Resource
    /// The limit in force; the payload may raise it up to `hard`.
    public var soft: UInt64
    /// The ceiling, which no process of the payload's can raise.
    public var hard: UInt64
}

/// What a Landlock domain keeps inside (landlock(7), scoped).
public enum LandlockScope: String, Sendable, CaseIterable {
    case abstractUnixSocket = "abstract-unix-socket"
    case signal
}

/// A kind of namespace, by its name in the OCI runtime specification.
public enum Namespace: String, Sendable, CaseIterable {
    case user
    case mount
    case pid
    case ipc
    case uts
    case cgroup
    /// Only for a profile that asks for a network of its own.
    case network

    /// Those that every sandbox has.
    public static var always: [Namespace] { [.user, .mount, .pid, .ipc, .uts, .cgroup] }

    /// Those of a sandbox with this network.
    static func all(of network: NetworkMode) -> [Namespace] { always + (network.isOwn ? [.network] : []) }
}
