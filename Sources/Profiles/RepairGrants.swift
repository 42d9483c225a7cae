import Glibc
import JSON
import Linux
public import Policy
import SystemPackage

/// The grants there are on this host: records of the host's own, which no sandbox sees.
///
/// A grant lasts as long as the process that keeps it, which has its lock. What a process that was killed left behind is
/// found by the next.
public struct RepairGrants: Sendable {
    private let directories: HostDirectories
    private var directory: AbsolutePath { directories.state / "repair" }

    /// Those of the host whose files are in `directories`.
    public init(directories: HostDirectories) {
        self.directories = directories
    }

    /// A grant, and whether a process keeps it now.
    public struct Entry: Equatable, Sendable {
        /// What the grant's file says.
        public let grant: RepairGrant
        /// Whether it lasts; otherwise it was left behind by a process that was killed.
        public let isKept: Bool
    }

    /// What came of asking for a grant's place.
    public enum Outcome {
        /// It is this process's.
        case taken(HeldRepairGrant)
        /// Another process has a grant for the target, or for the rescue.
        case held(RepairGrant)
        /// A process begins or ends one for the target just now.
        case busy
    }

    /// All there are, by target. Throws `ProfileError`.
    public func all() throws(ProfileError) -> [Entry] {
        do throws(Errno) {
            let names = try FileSystem.entries(of: directory.text).filter { $0.hasSuffix(".json") }
                .compactMap { ProfileName(String($0.dropLast(5))) }.sorted { $0.text < $1.text }
            var entries: [Entry] = []
            for name in names {
                if let entry = try entry(of: name) { entries.append(entry) }
            }
            return entries
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw .system(action: "list", path: directory.text, errno: error)
            }
            return []
        }
    }

    /// That of `target`; nil when there is none. Throws `ProfileError`.
    public func of(_ target: ProfileName) throws(ProfileError) -> Entry? {
        do {
            return try entry(of: target)
        } catch {
            throw .system(action: "read", path: record(of: target).text, errno: error)
        }
    }

    /// Makes this process the one that keeps a grant for `target`, of which `rescue` has no other. Throws `ProfileError`.
    public func hold(_ target: ProfileName, for rescue: ProfileName?) throws(ProfileError) -> Outcome {
        let registry = try RegistryLock.acquire(in: directories)
        defer { registry.discard() }
        if let rescue, let other = try all().first(where: { $0.isKept && $0.grant.rescue == rescue }) {
            return .held(other.grant)
        }
        let path = lock(of: target)
        do {
            try FileSystem.makeDirectories(directory.text, mode: 0o700)
            let file = try FileDescriptor.workingDirectory.open(
                path.text, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            guard try FileLock.tryAcquire(file) else {
                file.discard()
                return try entry(of: target).map { .held($0.grant) } ?? .busy
            }
            return .taken(
                HeldRepairGrant(
                    lock: file, record: record(of: target), before: directory / "\(target).before",
                    left: try entry(of: target)?.grant))
        } catch {
            throw .system(action: "lock", path: path.text, errno: error)
        }
    }

    /// Waits until no process keeps a grant for `target`, at most so long. Throws `ProfileError` also then.
    public func waitForEnd(of target: ProfileName, milliseconds: Int32) throws(ProfileError) {
        let path = lock(of: target)
        do {
            let file = try FileDescriptor.workingDirectory.open(path.text, flags: O_RDWR | O_NOFOLLOW)
            defer { file.discard() }
            try FileLock.acquire(file, milliseconds: milliseconds)
        } catch {
            if error == .noSuchFileOrDirectory { return }
            throw .system(action: "lock", path: path.text, errno: error)
        }
    }

    private func record(of target: ProfileName) -> AbsolutePath { directory / "\(target).json" }
    private func lock(of target: ProfileName) -> AbsolutePath { directory / "\(target).lock" }

    private func entry(of target: ProfileName) throws(Errno) -> Entry? {
        let text: [UInt8]
        do throws(Errno) {
            text = try FileSystem.read(record(of: target).text, limit: 64 << 10)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw error
        }
        guard let json = try? JSON(parsing: text), let grant = RepairGrant(json) else { return nil }
        let file = try FileDescriptor.workingDirectory.open(lock(of: target).text, flags: O_RDWR | O_NOFOLLOW)
        defer { file.discard() }
        return Entry(grant: grant, isKept: try FileLock.isHeld(file))
    }
}

/// A grant's place, which this process has until it gives it back or ends.
public final class HeldRepairGrant {
    private let lock: FileDescriptor
    private let record: AbsolutePath
    private let before: AbsolutePath
    /// What an earlier process left behind, killed before it could end it.
    public let left: RepairGrant?

    init(lock: FileDescriptor, record: AbsolutePath, before: AbsolutePath, left: RepairGrant?) {
        self.lock = lock
        self.record = record
        self.before = before
        self.left = left
    }

    deinit { lock.discard() }

    /// Records `grant` durably. Throws `ProfileError`.
    public func write(_ grant: RepairGrant) throws(ProfileError) {
        try replace(record, grant.json.serialized() + [UInt8(ascii: "\n")])
    }

    /// Keeps what the target's configuration says before a change, durably. Throws `ProfileError`.
    public func keep(_ text: [UInt8]) throws(ProfileError) { try replace(before, text) }

    /// What was kept; nil when nothing was. Throws `ProfileError`.
    public func kept() throws(ProfileError) -> [UInt8]? {
        do {
            return try FileSystem.read(before.text)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw .system(action: "read", path: before.text, errno: error)
        }
    }

    /// Removes what was kept. Throws `ProfileError`.
    public func forget() throws(ProfileError) { try remove(before) }

    /// Removes the record. Throws `ProfileError`.
    public func end() throws(ProfileError) {
        try forget()
        try remove(record)
    }

    private func replace(_ path: AbsolutePath, _ bytes: [UInt8]) throws(ProfileError) {
        do {
            try FileSystem.replace(path.text, with: bytes, mode: 0o600)
        } catch {
            throw .system(action: "write", path: path.text, errno: error)
        }
    }

    private func remove(_ path: AbsolutePath) throws(ProfileError) {
        do {
            try FileSystem.unlink(path.text)
        } catch {
            guard error != .noSuchFileOrDirectory else { return }
            throw .system(action: "remove", path: path.text, errno: error)
        }
    }
}
