import Glibc
import JSON
import Linux
public import Policy
public import SystemPackage

/// The lock that makes a profile's instance the only one.
///
/// An open file description lock on a host-owned file, so it works across namespaces, sessions and units, and ends with the last
/// process that holds it. The file's content only names the holder, for messages.
public struct InstanceLock: Sendable {
    /// The open, locked file. Whoever holds a copy keeps the lock.
    public let descriptor: FileDescriptor

    /// How many bytes a record may have: it names all that is bound.
    private static let recordLimit = 1 << 20

    /// Takes the lock of the profile `name` for an instance on `ports` and with `trees`, or says who holds it.
    ///
    /// Throws `ProfileError.system` when the file cannot be opened or locked.
    public static func acquire(
        _ name: ProfileName, ports: PortSet? = nil, trees: InstanceTrees? = nil, in directories: HostDirectories
    ) throws(ProfileError) -> Outcome {
        try acquire(.profile(name), name, ports: ports, trees: trees, in: directories)
    }

    /// Takes the lock `key` for an instance called `name`.
    static func acquire(
        _ key: InstanceKey, _ name: ProfileName, ports: PortSet?, trees: InstanceTrees?, in directories: HostDirectories
    ) throws(ProfileError) -> Outcome {
        let path = file(of: key, in: directories)
        do {
            try FileSystem.makeDirectories(path.parent.text, mode: 0o700)
            let file = try FileDescriptor.workingDirectory.open(
                path.text, flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
            guard try FileLock.tryAcquire(file) else {
                defer { file.discard() }
                return .held(by: try record(in: file))
            }
            let record =
                InstanceHolder.current(name, ports: ports, trees: trees).file.serialized() + [UInt8(ascii: "\n")]
            // Written before it is cut to length: whoever loses the race never reads an empty file.
            try file.writeEverything(record)
            _ = ftruncate(file.rawValue, off_t(record.count))
            return .acquired(InstanceLock(descriptor: file))
        } catch {
            throw .system(action: "lock", path: path.text, errno: error)
        }
    }

    /// Gives the lock back.
    public func release() { descriptor.discard() }

    /// Who holds the lock of the profile `name` now; nil when nobody does.
    public static func holder(
        of name: ProfileName, in directories: HostDirectories
    ) throws(ProfileError) -> InstanceHolder? {
        try holder(of: .profile(name), in: directories)
    }

    /// Who holds the lock `key` now; nil when nobody does.
    static func holder(
        of key: InstanceKey, in directories: HostDirectories
    ) throws(ProfileError) -> InstanceHolder? {
        let path = file(of: key, in: directories)
        do {
            let file = try FileDescriptor.workingDirectory.open(path.text, flags: O_RDWR | O_NOFOLLOW | O_NONBLOCK)
            defer { file.discard() }
            guard try FileLock.isHeld(file) else { return nil }
            return try record(in: file)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw .system(action: "read", path: path.text, errno: error)
        }
    }

    /// What there is a lock file for, held or not.
    static func keys(in directories: HostDirectories) throws(ProfileError) -> [InstanceKey] {
        let directory = directories.state / "locks"
        do {
            return try FileSystem.entries(of: directory.text).filter { $0.hasSuffix(".lock") }
                .compactMap { InstanceKey(fileName: String($0.dropLast(5))) }
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw .system(action: "list", path: directory.text, errno: error)
            }
            return []
        }
    }

    /// The holder's record. A holder writes it right after taking the lock; until then the file is empty, or names
    /// the holder before, which has ended. That is waited for a tenth of a second at most.
    private static func record(in file: FileDescriptor) throws(Errno) -> InstanceHolder {
        var holder = InstanceHolder(text: try file.readFromStart(limit: recordLimit))
        for _ in 0..<50 where !holder.isAlive {
            _ = try Readiness.wait(for: [], milliseconds: 2)
            holder = InstanceHolder(text: try file.readFromStart(limit: recordLimit))
        }
        return holder
    }

    private static func file(of key: InstanceKey, in directories: HostDirectories) -> AbsolutePath {
        directories.state / "locks/\(key.fileName).lock"
    }

    /// What came of asking for the lock.
    public enum Outcome: Sendable {
        case acquired(InstanceLock)
        case held(by: InstanceHolder)
    }
}
