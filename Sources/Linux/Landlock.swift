internal import CLinux
import Glibc
public import SystemPackage

/// A Landlock ruleset being built (landlock(7)).
public struct Landlock {
    /// Access to files (LANDLOCK_ACCESS_FS_*).
    public struct FileAccess: OptionSet, Sendable {
        /// LANDLOCK_ACCESS_FS_* bits, as the kernel takes them.
        public let rawValue: UInt64
        /// A set of the kernel's bits.
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        /// Executing a file (LANDLOCK_ACCESS_FS_EXECUTE).
        public static let execute = FileAccess(rawValue: 1 << 0)
        /// Opening for writing.
        public static let writeFile = FileAccess(rawValue: 1 << 1)
        /// Opening for reading.
        public static let readFile = FileAccess(rawValue: 1 << 2)
        /// Listing a directory.
        public static let readDirectory = FileAccess(rawValue: 1 << 3)
        /// Moving files between directories (ABI 2).
        public static let refer = FileAccess(rawValue: 1 << 13)
        /// Truncating (ABI 3).
        public static let truncate = FileAccess(rawValue: 1 << 14)
        /// ioctl(2) on devices (ABI 5).
        public static let deviceControl = FileAccess(rawValue: 1 << 15)

        /// Reading files and listing directories.
        public static let read: FileAccess = [.readFile, .readDirectory]
        /// Writing, truncating, making and removing entries of every kind but devices.
        public static let write = FileAccess(rawValue: 0b0111_0111_1011_0000 | 1 << 1)

        /// All that ABI `version` can handle (0 … 7; later ones add nothing here).
        public static func handled(abi version: Int32) -> FileAccess {
            switch version {
            case ..<1: []
            case 1: FileAccess(rawValue: (1 << 13) - 1)
            case 2: FileAccess(rawValue: (1 << 14) - 1)
            case 3, 4: FileAccess(rawValue: (1 << 15) - 1)
            default: FileAccess(rawValue: (1 << 16) - 1)
            }
        }
    }

    /// Access to TCP ports (LANDLOCK_ACCESS_NET_*, ABI 4).
    public struct PortAccess: OptionSet, Sendable {
        /// LANDLOCK_ACCESS_NET_* bits, as the kernel takes them.
        public let rawValue: UInt64
        /// A set of the kernel's bits.
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        /// Binding a TCP socket to a port (LANDLOCK_ACCESS_NET_BIND_TCP).
        public static let bind = PortAccess(rawValue: 1 << 0)
        /// Connecting a TCP socket to a port (LANDLOCK_ACCESS_NET_CONNECT_TCP).
        public static let connect = PortAccess(rawValue: 1 << 1)
    }

    /// What may not reach out of the domain (LANDLOCK_SCOPE_*, ABI 6).
    public struct Scope: OptionSet, Sendable {
        /// LANDLOCK_SCOPE_* bits, as the kernel takes them.
        public let rawValue: UInt64
        /// A set of the kernel's bits.
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        /// Connecting to abstract UNIX sockets.
        public static let abstractUnixSocket = Scope(rawValue: 1 << 0)
        /// Sending signals.
        public static let signal = Scope(rawValue: 1 << 1)
    }

    /// The highest ABI the running kernel offers; 0 when Landlock cannot be used.
    public static var abiVersion: Int32 { (try? askForABIVersion()) ?? 0 }

    /// The highest ABI the running kernel offers. Throws ENOSYS when it has no Landlock, EOPNOTSUPP when that is switched
    /// off, and what a filter over this process answers in its place.
    public static func askForABIVersion() throws(Errno) -> Int32 {
        Int32(try valueOrErrno(clinux_landlock_create_ruleset(nil, 0, CLINUX_LANDLOCK_CREATE_RULESET_VERSION)))
    }

    /// The errata the running kernel has fixed, as bits; 0 when it cannot say.
    public static var errata: Int32 {
        Int32(max(0, clinux_landlock_create_ruleset(nil, 0, CLINUX_LANDLOCK_CREATE_RULESET_ERRATA)))
    }

    private let ruleset: FileDescriptor

    /// A ruleset that denies all it handles until rules allow it.
    public init(files: FileAccess, ports: PortAccess, scope: Scope) throws(Errno) {
        var attributes = clinux_landlock_ruleset_attr(
            handled_access_fs: files.rawValue, handled_access_net: ports.rawValue, scoped: scope.rawValue)
        // The size tells the kernel which fields we know; a kernel that lacks a later one accepts it zero.
        let size = MemoryLayout.size(ofValue: attributes)
        ruleset = FileDescriptor(
            rawValue: Int32(try valueOrErrno(clinux_landlock_create_ruleset(&attributes, size, 0))))
    }

    /// Allows `access` on the file or everything below the directory `path`.
    public func allow(_ access: FileAccess, beneath path: String) throws(Errno) {
        let place = try FileDescriptor.workingDirectory.open(path, flags: OpenFlag.path)
        defer { place.discard() }
        try allow(access, on: place)
    }

    /// Allows `access` on the open file, or everything below the open directory `place`.
    public func allow(_ access: FileAccess, on place: FileDescriptor) throws(Errno) {
        _ = try valueOrErrno(clinux_landlock_add_path(ruleset.rawValue, access.rawValue, place.rawValue))
    }

    /// Allows `access` to a TCP port.
    public func allow(_ access: PortAccess, port: UInt16) throws(Errno) {
        _ = try valueOrErrno(clinux_landlock_add_port(ruleset.rawValue, access.rawValue, UInt64(port)))
    }

    /// Puts this process, and all it starts, under the rules for good (landlock_restrict_self(2)).
    public func restrictSelf() throws(Errno) {
        _ = try valueOrErrno(clinux_landlock_restrict_self(ruleset.rawValue, 0))
        ruleset.discard()
    }
}
