public import JSON

/// One guarantee, and an act inside the sandbox that shows whether it holds.
public struct Proof: Equatable, Sendable {
    /// What is guaranteed, in a few words.
    public var guarantee: String
    /// What is tried, under the payload's final restrictions.
    public var act: Act
    /// How it must end: an errno, or 0 for success. Any of them is right.
    public var expected: [Int32]

    /// Something to try.
    public enum Act: Equatable, Sendable {
        /// Open a file or directory for reading.
        case open(AbsolutePath)
        /// Open a file for writing.
        case openForWriting(AbsolutePath)
        /// Read where a link leads.
        case readLink(AbsolutePath)
        /// Ask whether a directory can be written (access(2)).
        case accessForWriting(AbsolutePath)
        /// Make a directory, and remove it again.
        case makeDirectory(AbsolutePath)
        /// Bind a socket of its own, and close it.
        case bind(Transport, IPAddress, UInt16)
        /// Listen on a TCP socket that is not bound.
        case listenUnbound
        /// Connect to a TCP port of 127.0.0.1.
        case connect(UInt16)
        /// Connect a UDP socket, which sends nothing and only looks for a way (udp(7)).
        case findRoute(IPAddress)
        /// Bind a socket to this port of 127.0.0.1, and let it see every interface.
        case leaveLoopback(UInt16)
        /// Connect to an abstract socket that the supervisor holds.
        case connectToSupervisor
        /// Connect to the abstract stream socket of this name.
        case connectAbstract(String)
        /// Connect to the Unix stream socket at this path.
        case connectUnix(AbsolutePath)
        /// Attach to the System V shared memory segment with this key (shmget(2)).
        case sharedMemory(key: Int32)
        /// Make a system call with every bit of its arguments set.
        case systemCall(UInt32)
        /// Make a socket of this family.
        case socket(family: Int32)
        /// Send the null signal to a process.
        case signal(Int32)
        /// Read memory of a process.
        case readMemory(Int32)
        /// EPERM if the namespace is the supervisor's.
        case haveOwnNamespace(Namespace)
        /// Ask for the user namespace that the mounts belong to (NS_GET_USERNS, ioctl_nsfs(2)).
        case findOwnerOfMounts
        /// EPERM if a mount forbids less than this (statvfs(3)).
        case haveRestrictions(AbsolutePath, MountRestrictions)
        /// EPERM unless an overlay stands there, so that what is written is not the host's (statfs(2)).
        case haveOverlay(AbsolutePath)
        case mount
        case unmount(AbsolutePath)
        case unshareMounts
        case ioUring
        case keyring
        /// EPERM unless all user and group IDs of the process are these.
        case haveIdentity(userID: UInt32, groupID: UInt32)
        /// Make so many inotify instances, and close them again.
        case makeInotifyInstances(Int)
        /// EPERM unless this is process 2, a child of init, and leader of its session.
        case beProcessTwo
        /// EPERM unless descriptors 0, 1 and 2 are a terminal of the devpts here, and it controls the session.
        case haveTerminal(AbsolutePath)
        /// EPERM if descriptor 0, 1 or 2 is a terminal, or one of these is still the supervisor's own.
        case haveOwnStreams([Int32])
        /// EPERM unless all five capability sets are empty, no_new_privs is set and a filter is in force.
        case havePrivileges
        /// EPERM if of the descriptors from 3 on another than these would survive exec, or one of these would not.
        case keepDescriptors([Int32])
        /// EPERM if the payload would get a variable whose name none of these patterns stands for.
        case keepEnvironment([String])
        /// Make a character device, and remove it again.
        case makeDevice(AbsolutePath)
        /// EPERM if a limit stands above the plan's.
        case exceedLimits([ResourceLimit])
    }

    init(_ guarantee: String, _ act: Act, _ expected: [Int32]) {
        self.guarantee = guarantee
        self.act = act
        self.expected = expected
    }

    /// The proof as data.
    public var json: JSON {
        [
            "guarantee": .string(guarantee),
            "expected": .array(expected.map { .integer(Int64($0)) }),
        ]
    }
}

/// Another instance of the host, which this one must not reach.
public struct Neighbour: Equatable, Sendable {
    /// The profile that the other instance runs.
    public var name: ProfileName
    /// The ports that its base port gives it, whoever else has some of them.
    public var ports: PortSet
    /// Its state directory; nil when it is another user's and not known.
    public var state: AbsolutePath?

    /// An instance with these ports, whose state directory is `state` where that is known.
    public init(name: ProfileName, ports: PortSet, state: AbsolutePath?) {
        self.name = name
        self.ports = ports
        self.state = state
    }
}
