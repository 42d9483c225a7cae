internal import CLinux
import Glibc
public import SystemPackage

/// A cgroup of the unified hierarchy, version 2, by its open directory (cgroups(7)).
public struct ControlGroup: Sendable {
    /// Its open directory, relative to which its files are opened.
    public let directory: FileDescriptor

    /// Opens the cgroup at `path`. Throws ENOTSUP when it is a directory of another file system.
    public init(path: String) throws(Errno) {
        try self.init(directory: FileDescriptor.workingDirectory.open(path, flags: O_RDONLY | O_DIRECTORY))
    }

    /// Opens the cgroup `name` in this one, or above it for `..`.
    public func open(_ name: String) throws(Errno) -> ControlGroup {
        try ControlGroup(directory: directory.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
    }

    private init(directory: FileDescriptor) throws(Errno) {
        guard try FileSystem.isControlGroup(directory) else {
            directory.discard()
            throw .notSupported
        }
        self.directory = directory
    }

    /// Makes a cgroup in this one.
    public func make(_ name: String) throws(Errno) {
        try FileSystem.makeDirectory(name, in: directory, mode: 0o755)
    }

    /// Removes a cgroup in this one. Throws EBUSY while a process is in it.
    public func remove(_ name: String) throws(Errno) {
        try FileSystem.removeDirectory(name, in: directory)
    }

    /// What one of its files says, without the line feed at the end.
    public func read(_ file: String) throws(Errno) -> String {
        let file = try directory.open(file, flags: O_RDONLY)
        defer { file.discard() }
        let text = try file.readEverything(limit: 1 << 20)
        return String(decoding: text.last == UInt8(ascii: "\n") ? text.dropLast() : text[...], as: UTF8.self)
    }

    /// Writes a value to one of its files, in one write(2), as the kernel wants it.
    public func write(_ value: String, to file: String) throws(Errno) {
        let file = try directory.open(file, flags: O_WRONLY)
        defer { file.discard() }
        try file.writeEverything(value.utf8)
    }

    /// Its list of processes, open to write to: the kernel asks for the rights of whoever has opened it.
    public func openProcesses() throws(Errno) -> FileDescriptor {
        try directory.open("cgroup.procs", flags: O_WRONLY)
    }

    /// Moves this process into the cgroup whose list of processes is open.
    public static func enter(_ processes: FileDescriptor) throws(Errno) {
        try processes.writeEverything("0".utf8)
    }

    /// Whether `processID` is one of its processes.
    public func holds(_ processID: Int32) throws(Errno) -> Bool {
        let processes = try read("cgroup.procs").utf8
        return processes.split(separator: UInt8(ascii: "\n")).contains { $0.elementsEqual("\(processID)".utf8) }
    }

    /// Whether this process may divide it (access(2)).
    public func isWritable() throws(Errno) -> Bool {
        for file in ["cgroup.procs", "cgroup.subtree_control"] {
            guard faccessat(directory.rawValue, file, W_OK, AT_EACCESS) == 0 else {
                let error = Errno(rawValue: Glibc.errno)
                guard error == .permissionDenied || error == .readOnlyFileSystem else { throw error }
                return false
            }
        }
        return true
    }

    /// Whether the system's service manager has marked it as handed over to its processes, by an extended attribute
    /// (systemd.resource-control(5), Delegate=). The managers of users mark nothing.
    public func isMarkedAsDelegated() throws(Errno) -> Bool {
        for name in ["user.delegate", "trusted.delegate"] {
            var value: UInt8 = 0
            do throws(Errno) {
                guard try valueOrErrno(clinux_fgetxattr(directory.rawValue, name, &value, 1)) == 1 else { continue }
                if value == UInt8(ascii: "1") { return true }
            } catch {
                // A kernel without such attributes on cgroups has no mark either.
                guard error == .noData || error == .notSupported || error == .outOfRange else { throw error }
            }
        }
        return false
    }

    /// Closes the descriptor.
    public func discard() { directory.discard() }
}
