/// One indivisible action of a start, as plain data. The enforcer carries it out; `explain` prints it.
public enum Step: Equatable, Sendable {
    // In the supervisor.
    case joinControlGroup(ControlGroupLimits)
    case mapOwner(MappedTree)
    case openCredential(ServiceCredential)
    case becomeUser(userID: UInt32, groupID: UInt32)
    case enterNamespaces([Namespace])

    // In init, until the payload's process is made.
    case dieWithParent
    case mapIdentity(userID: UInt32, groupID: UInt32)
    case bringUpLoopback
    case openProxy(ProxyPlan)
    case makeMountsPrivate
    case mountRoot(bytes: UInt64)
    case makeDirectory(path: AbsolutePath, mode: UInt32)
    case makeSymbolicLink(path: AbsolutePath, target: String)
    case writeFile(path: AbsolutePath, content: String)
    case mountFileSystem(FileSystemMount)
    case bind(TreeMount)
    case mountView(View)
    case copyFile(source: AbsolutePath, destination: AbsolutePath)
    case mountOverlay(Overlay)
    case bindNotificationSocket(AbsolutePath)
    case placeCredential(ServiceCredential)
    case openTerminal(AbsolutePath)
    case relayStreams(StreamRelays)
    case limitUserNamespaces(maximum: Int)
    case limitInNamespace(NamespaceLimit)
    case maskPath(AbsolutePath)
    case makePathReadOnly(AbsolutePath)
    case sealRoot
    case pivotRoot
    case setHostName(String)
    case nestUserNamespace(userID: UInt32, groupID: UInt32)
    case joinAnonymousKeyring
    case setLimit(ResourceLimit)
    case dropCapabilities
    case setNoNewPrivileges
    case becomeUndumpable
    case startPayload

    // In the payload's process.
    case startSession
    case takeTerminal
    case setFileModeMask(UInt32)
    case changeDirectory(AbsolutePath)
    case applyLandlock(LandlockRules)
    case closeDescriptors(keeping: KeptDescriptors)
    case resetSignals
    case filterSystemCalls(SeccompProgram)
    case handOverCalls
    case prove([Proof])
    case execute(Command)
}

/// A new file system inside.
public struct FileSystemMount: Equatable, Sendable {
    /// What it is; never a bind.
    public var source: PolicyMount.Source
    /// The place inside, a directory that an earlier step has made.
    public var destination: AbsolutePath
    /// The mount options that forbid something on it (mount(8)).
    public var restrictions: MountRestrictions
}

/// A path of the host made visible inside.
public struct TreeMount: Equatable, Sendable {
    /// The path on the host.
    public var source: AbsolutePath
    /// The path inside; something already stands there to be covered.
    public var destination: AbsolutePath
    /// The mount options that forbid something on it (mount(8)).
    public var restrictions: MountRestrictions
    /// What the source must be, or the start is refused.
    public var expectation: Expectation
    /// Whether an earlier step has opened the source and mapped its owner.
    public var isMapped = false

    /// What is known of a source before it is opened.
    public enum Expectation: Equatable, Sendable {
        /// Whatever stands there.
        case anything
        /// The very file or directory seen when planning.
        case same(FileIdentity)
        /// A directory of this user that is the very one seen when planning.
        case directory(ownedBy: UInt32, identity: FileIdentity)
        /// A directory of this user that stands, itself and no link, in a tree of which the payload may write all but the root:
        /// the very directory seen when planning.
        case entry(of: AbsolutePath, identity: FileIdentity, ownedBy: UInt32)
    }
}

/// A path of the host whose owner is to be another user inside: on the disk everything stays the owner's.
public struct MappedTree: Equatable, Sendable {
    /// The path on the host.
    public var source: AbsolutePath
    /// What the source must be, or the start is refused.
    public var expectation: TreeMount.Expectation
    /// Whose it is on the disk.
    public var owner: UserIdentity.Owner
    /// Whose it is inside.
    public var user: UserIdentity.Owner
}

/// The descriptors beside the three standard ones that the payload's program has.
public struct KeptDescriptors: Equatable, Sendable {
    /// What a service manager passed on, at its numbers.
    public var sockets: [PassedSocket]
    /// The socket by which the payload asks for siblings.
    public var siblings: Int32?
    /// The pipes of a sibling, which its asker has the other ends of.
    public var pipes: [Int32]

    /// These descriptors, and none where nothing is said.
    public init(sockets: [PassedSocket] = [], siblings: Int32? = nil, pipes: [Int32] = []) {
        self.sockets = sockets
        self.siblings = siblings
        self.pipes = pipes
    }

    /// The numbers of all of them.
    public var numbers: [Int32] { sockets.map(\.descriptor) + (siblings.map { [$0] } ?? []) + pipes }
}

/// A directory of the host whose files have other inodes inside (overlayfs, without a layer to write to).
public struct View: Equatable, Sendable {
    /// The directory on the host, which root owns.
    public var source: AbsolutePath
    /// The directory inside.
    public var destination: AbsolutePath
    /// The mount options that forbid something on it (mount(8)); a view is always read-only.
    public var restrictions: MountRestrictions
}

/// A directory of the host that looks writable inside: what is written goes to a tmpfs above it (overlayfs).
public struct Overlay: Equatable, Sendable {
    /// The directory, on the host and inside.
    public var directory: AbsolutePath
    /// The size of the tmpfs.
    public var bytes: UInt64
    /// The mount options that forbid something on it (mount(8)).
    public var restrictions: MountRestrictions
    /// What the directory must be, or the start is refused.
    public var expectation: TreeMount.Expectation
    /// Whether an earlier step makes the host's directory visible inside, and it is to be covered; else an empty one is.
    public var coversItself: Bool
    /// Whether an earlier step has opened the directory and mapped its owner.
    public var isMapped = false
}

/// The rules of the payload's Landlock domain.
public struct LandlockRules: Equatable, Sendable {
    /// Rights on one file or on everything below one directory.
    public struct FileRule: Equatable, Sendable {
        /// The path inside.
        public var path: AbsolutePath
        /// What is allowed there.
        public var access: Access
        /// Whether the path is a directory; rights on entries make no sense on a file.
        public var isDirectory: Bool
    }

    /// Rights on files, grouped as mounts restrict them.
    public struct Access: OptionSet, Sendable {
        /// One bit for each.
        public let rawValue: UInt8

        /// A set of bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Listing a directory.
        public static let list = Access(rawValue: 1 << 0)
        /// Reading a file.
        public static let read = Access(rawValue: 1 << 1)
        /// Executing a file.
        public static let execute = Access(rawValue: 1 << 2)
        /// Writing a file, and making and removing entries of a directory.
        public static let write = Access(rawValue: 1 << 3)
        /// ioctl(2) on a device.
        public static let control = Access(rawValue: 1 << 4)

        static let named: [(name: String, access: Access)] = [
            ("list", .list), ("read", .read), ("execute", .execute), ("write", .write), ("ioctl", .control),
        ]
    }

    /// The ABI the rules were made for.
    public var abi: Int32
    /// The file rules; all else is denied.
    public var files: [FileRule]
    /// The TCP ports that may be bound, ascending; nil when ports are not handled.
    public var bindPorts: [UInt16]?
    /// The TCP ports that may be connected to, ascending; nil when ports are not handled.
    public var connectPorts: [UInt16]?
    /// What stays inside the domain.
    public var scopes: [LandlockScope]
}

/// A compiled seccomp filter.
public struct SeccompProgram: Equatable, Sendable {
    /// The policy file it was compiled from.
    public var file: String
    /// The sock_filter structures, eight bytes each.
    public var bytes: [UInt8]
    /// Whether it hands calls to a supervisor.
    public var isSupervised: Bool

    /// The program `bytes`, compiled from the policy in `file`.
    public init(file: String, bytes: [UInt8], isSupervised: Bool = true) {
        self.file = file
        self.bytes = bytes
        self.isSupervised = isSupervised
    }
}

/// The program to run inside.
public struct Command: Equatable, Sendable {
    /// The program: a path, or a name to be looked for in PATH.
    public var program: ByteString
    /// The arguments, the program's own name first.
    public var arguments: [ByteString]
    /// The environment, by name.
    public var environment: [EnvironmentVariable]

    /// A program to execute with `arguments`, the first of which it takes for its own name.
    public init(program: ByteString, arguments: [ByteString], environment: [EnvironmentVariable]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }

    /// The paths to try, in order (execvp(3)).
    public var candidates: [ByteString] {
        guard !program.bytes.contains(UInt8(ascii: "/")) else { return [program] }
        let path = environment.last { $0.name == "PATH" }?.value ?? "/usr/bin:/bin"
        return path.utf8.split(separator: UInt8(ascii: ":")).map {
            ByteString(bytes: Array($0) + [UInt8(ascii: "/")] + program.bytes)
        }
    }
}
