import Linux
public import Policy
public import SystemPackage

/// Why the host's profiles cannot be used as they are.
public enum ProfileError: Error, Sendable {
    /// A file is not what it must be.
    case invalid(PolicyError)
    /// A file can be written by someone else than its owner, or is owned by someone else.
    case untrusted(path: String, reason: String)
    /// A name differs from an existing one only in case.
    case collision(name: ProfileName, existing: ProfileName)
    /// Two profiles' ports lie too close together.
    case overlap(name: ProfileName, base: UInt16, other: ProfileName, otherBase: UInt16, free: UInt16?)
    /// A CDP port that a profile pins is also another's.
    case pinned(port: UInt16, name: ProfileName, other: ProfileName)
    /// A base port's derived ports leave the range.
    case invalidBase(Int)
    /// The user ID of a profile's own is also somebody else's on this host.
    case identityTaken(UInt32, of: ProfileName, by: String, in: String)
    /// No user ID is left to give to a profile.
    case noFreeIdentity
    /// No base port is left to give to a new profile.
    case noFreeBase
    /// Another start keeps the registry's lock.
    case registryBusy(AbsolutePath)
    /// A call failed on a file.
    case system(action: String, path: String, errno: Errno)
}

extension ProfileError: CustomStringConvertible {
    /// One sentence: what, where, what next.
    public var description: String {
        switch self {
        case .invalid(let error): error.description
        case .untrusted(let path, let reason):
            "\(path): \(reason); a profile decides what a sandbox may do, so only its owner may write it: "
                + "run chmod go-w on it, or chown it to yourself"
        case .collision(let name, let existing):
            "profile \"\(name)\" differs from the existing profile \"\(existing)\" only in case; "
                + "use \(existing), or another name"
        case .overlap(let name, let base, let other, let otherBase, let free):
            "profile \"\(name)\" with base port \(base) is closer than \(PortSet.minimumDistance) to profile "
                + "\"\(other)\" with base port \(otherBase); "
                + (free.map { "the next free base port is \($0)" } ?? "no base port is free")
        case .pinned(let port, let name, let other):
            "profile \"\(name)\" lists port \(port) in \"cdpPorts\", which is also profile \"\(other)\"'s; list another "
                + "one (mazelclaw-run ports --all shows what is taken)"
        case .invalidBase(let base):
            "base port \(base) is out of range: it must be from \(PortSet.validBases.lowerBound) to "
                + "\(PortSet.validBases.upperBound), so that base + 110 stays a port"
        case .noFreeBase:
            "no base port is left whose derived ports are free, listened on by nobody and outside the kernel's ephemeral "
                + "range (net.ipv4.ip_local_port_range); remove a profile, reserve ports with "
                + "net.ipv4.ip_local_reserved_ports, or give --port"
        case .identityTaken(let userID, let name, let holder, let file):
            "user ID \(userID) of profile \"\(name)\" is also \"\(holder)\"'s in \(file), whose programs could then reach its "
                + "processes and files; give that user another ID"
        case .noFreeIdentity:
            "no user ID from \(ProfileIdentity.ownUserIDs.lowerBound) to \(ProfileIdentity.ownUserIDs.upperBound) is left "
                + "that nobody on this host has or had; name the profile's user with --user"
        case .registryBusy(let path):
            "another start of mazelclaw-run keeps \(path) locked, and seems to hang; end it (fuser \(path) names it)"
        case .system(let action, let path, let errno):
            "cannot \(action) \(path): \(errno.name) (\(errno)); \(Self.remedy(for: errno))"
        }
    }

    /// What to do when a call on a file of the host fails so.
    public static func remedy(for errno: Errno) -> String {
        switch errno {
        case .noSpace: "free some space"
        case .noMemory: "free some memory"
        case .ioError: "look whether a disk fails (dmesg)"
        case .readOnlyFileSystem:
            "let it be written: in a unit StateDirectory=mazelclaw-run, and ReadWritePaths= for what else it names"
        case .permissionDenied where Credentials.effectiveUserID == 0:
            "let root look everywhere: in a unit let CapabilityBoundingSet= hold CAP_DAC_READ_SEARCH"
        default: "check that it exists and is yours"
        }
    }
}
