import Glibc
public import JSON
public import Policy

/// Changes the configuration file of one instance, so that nothing is ever lost: one writer at a time, the new text
/// checked before it is written and safe before it takes the name, and the last five versions kept.
public struct ConfigurationStore: Sendable {
    /// The file, behind symbolic links: those are left in place.
    public let path: AbsolutePath
    private let profile: ProfileName
    let reader: ConfigurationReader
    private let patience: Int

    /// The configuration of `instance`.
    public init(_ instance: Instance) {
        self.init(instance, patience: ConfigurationLock.patience)
    }

    /// The configuration of `instance`. Another process that writes it is waited for `patience` milliseconds.
    init(_ instance: Instance, patience: Int) {
        self.init(
            path: instance.configurationFile.value, profile: instance.name,
            reader: ConfigurationReader(environment: instance.selection.environment), patience: patience)
    }

    init(
        path: AbsolutePath, profile: ProfileName, reader: ConfigurationReader,
        patience: Int = ConfigurationLock.patience
    ) {
        self.path = Self.behindLinks(path)
        self.profile = profile
        self.reader = reader
        self.patience = patience
    }

    /// The configuration as it is now. Throws `StorageError`.
    public func snapshot() throws(StorageError) -> ConfigurationSnapshot {
        try reader.snapshot(of: path)
    }

    /// Makes sure that no other profile uses the file. Where nothing can be written, nothing can be contended for.
    /// Throws `ConfigurationChangeError.foreign`, or what stands in the way of finding out.
    public func claim() throws(ConfigurationChangeError) {
        do {
            _ = try ConfigurationLock(path, for: profile, patience: patience)
        } catch .storage(let error) where [EROFS, EACCES, EPERM, ENOENT, ENOSPC, EDQUOT].contains(error.errno) {
            return
        }
    }

    // MARK: Changes

    /// Puts `value` at `place`. Throws `ConfigurationChangeError`.
    @discardableResult
    public func set(
        _ place: ConfigurationPath, to value: JSON, base: ConfigurationBase = .any
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        try change(base: base) { (written) throws(ConfigurationChangeError) in
            do throws(ConfigurationPath.Fault) { return try place.setting(value, in: written) } catch {
                throw .path(error)
            }
        }
    }

    /// Takes out what stands at `place`. Throws `ConfigurationChangeError`.
    @discardableResult
    public func unset(
        _ place: ConfigurationPath, base: ConfigurationBase = .any
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        try change(base: base) { (written) throws(ConfigurationChangeError) in
            guard let value = place.removing(from: written) else { throw .absent(place.description) }
            return value
        }
    }

    /// Makes the file say what `change` makes of what it says itself, without what it includes. Its comments and its
    /// formatting stay where the value does. Throws `ConfigurationChangeError`.
    @discardableResult
    public func change(
        base: ConfigurationBase = .any, _ change: (JSON) throws(ConfigurationChangeError) -> JSON
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        try update(base: base) { (snapshot) throws(ConfigurationChangeError) in
            guard snapshot.text == nil || snapshot.document != nil else { throw .invalid(snapshot.faults) }
            return try text(saying: change(snapshot.document?.value ?? [:]), in: snapshot)
        }
    }

    /// The text of `snapshot` made to say `value`. Throws `ConfigurationChangeError.unfaithful`.
    func text(saying value: JSON, in snapshot: ConfigurationSnapshot) throws(ConfigurationChangeError) -> [UInt8] {
        do {
            let document = try snapshot.document ?? JSON5Document(parsing: Array("{}\n".utf8))
            let text = document.text(for: value)
            if try JSON5Document(parsing: text).value.isSame(as: value) { return text }
        } catch {
            // What was written for it cannot be read.
        }
        throw .unfaithful
    }

    /// Replaces the whole text. Throws `ConfigurationChangeError`.
    @discardableResult
    public func replace(
        with text: [UInt8], base: ConfigurationBase
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        try update(base: base) { _ in text }
    }

    func update(
        base: ConfigurationBase, _ change: (ConfigurationSnapshot) throws(ConfigurationChangeError) -> [UInt8]
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        do throws(StorageError) { try DurableFile.makeDirectory(path.parent) } catch { throw .storage(error) }
        let lock = try ConfigurationLock(path, for: profile, patience: patience)
        defer { withExtendedLifetime(lock) {} }
        let old: ConfigurationSnapshot
        do throws(StorageError) { old = try snapshot() } catch { throw .storage(error) }
        try base.require(old)
        let new = reader.snapshot(of: path, text: try change(old))
        // What this process lacks, the gateway may have; what was missing before is not this change's doing.
        let faults = new.faults.filter { fault in
            fault.kind != .variable || !old.faults.contains { $0.path == fault.path && $0.message == fault.message }
        }
        guard faults.isEmpty, let text = new.text else { throw .invalid(faults) }
        guard text != old.text else { return new }
        do throws(StorageError) { try write(text, over: old) } catch { throw .storage(error) }
        return new
    }

    private func write(_ text: [UInt8], over old: ConfigurationSnapshot) throws(StorageError) {
        removeLeftovers()
        try DurableFile.write(text, to: path) { () throws(StorageError) in
            if old.text != nil { try ConfigurationBackups(of: path).rotate() }
        }
    }

    /// Removes what writers left behind that were killed. Only who holds the lock writes such files.
    private func removeLeftovers() {
        guard let directory = opendir(path.parent.text) else { return }
        defer { closedir(directory) }
        let prefix = Array("\(path.lastComponent).".utf8)
        let suffix = Array(".tmp".utf8)
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            // A gateway keeps its last good version without the lock.
            guard name.utf8.starts(with: prefix), name.utf8.suffix(suffix.count).elementsEqual(suffix),
                !name.contains(LastGoodConfiguration.suffix)
            else { continue }
            unlink("\(path.parent)/\(name)")
        }
    }

    /// The file `path` leads to, when it is a symbolic link: people keep the file elsewhere, and a rename over the
    /// link would part it from there.
    private static func behindLinks(_ path: AbsolutePath) -> AbsolutePath {
        guard let real = realpath(path.text, nil) else { return path }
        defer { free(real) }
        return AbsolutePath(String(cString: real)) ?? path
    }
}

/// Which version of the file a change was made for.
public enum ConfigurationBase: Equatable, Sendable {
    /// Whatever stands there: the change is made under the lock, from what it finds.
    case any
    /// The version with this hash. Nil is no answer unless there is no file yet.
    case hash(String?)

    func require(_ snapshot: ConfigurationSnapshot) throws(ConfigurationChangeError) {
        guard case .hash(let hash) = self, snapshot.text != nil else { return }
        guard let hash else { throw .baseRequired }
        guard hash == snapshot.hash else { throw .changed }
    }
}
