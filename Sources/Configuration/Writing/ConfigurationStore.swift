public import Files
public import JSON
public import Policy
package import Time

/// Changes the configuration file of one instance, so that nothing is ever lost: one writer at a time, the new text
/// checked before it is written and safe before it takes the name, and the last five versions kept.
public struct ConfigurationStore: Sendable {
    /// The file. Symbolic links that lead to it are left in place; inside the state directory none is followed.
    public let path: AbsolutePath
    private let profile: ProfileName
    private let state: HostileDirectory
    package let reader: ConfigurationReader
    private let patience: Int

    /// The configuration file of `instance`, which need not exist yet. Changes wait for each other for 10 seconds at
    /// most.
    public init(_ instance: Instance) {
        self.init(instance, patience: ConfigurationLock.patience)
    }

    /// The configuration of `instance`. Another process that writes it is waited for `patience` milliseconds.
    package init(_ instance: Instance, patience: Int) {
        self.init(
            path: instance.configurationFile.value, profile: instance.name, state: instance.state,
            reader: ConfigurationReader(instance), patience: patience)
    }

    package init(
        path: AbsolutePath, profile: ProfileName, state: HostileDirectory, reader: ConfigurationReader,
        patience: Int = ConfigurationLock.patience
    ) {
        // People keep the file elsewhere, and a rename over the link would part it from there.
        self.path = state.behindLinks(path)
        self.profile = profile
        self.state = state
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
            _ = try lock()
        } catch .storage(let error) where error.isUnwritable || error.isMissing {
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
    package func text(
        saying value: JSON, in snapshot: ConfigurationSnapshot
    ) throws(ConfigurationChangeError) -> [UInt8] {
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

    /// Puts back `text`, valid or not, or no file when it is nil, where the file has the hash `hash`: what stood there before a
    /// change that is taken back. Returns false, and changes nothing, when something else stands there by now. Throws
    /// `ConfigurationChangeError`.
    public func restore(_ text: [UInt8]?, over hash: String) throws(ConfigurationChangeError) -> Bool {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        do throws(StorageError) {
            let current = try snapshot()
            guard current.hash == hash else { return false }
            try removeLeftovers()
            if let text {
                try write(text, over: current)
            } else {
                let place = try state.place(of: path, "remove")
                try place.remove()
                try place.flush()
            }
            return true
        } catch {
            throw .storage(error)
        }
    }

    /// When `file`, which stands beside the configuration or is it, was written; nil when it is not there.
    package func writtenAt(_ file: AbsolutePath) throws(StorageError) -> Timestamp? {
        try state.place(of: file, "read").attributes("read").map { Timestamp(clamping: $0.modified.milliseconds) }
    }

    func update(
        base: ConfigurationBase, _ change: (ConfigurationSnapshot) throws(ConfigurationChangeError) -> [UInt8]
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        do throws(StorageError) { try state.makeDirectory(path.parent) } catch { throw .storage(error) }
        let end = ContinuousClock.now + .milliseconds(patience)
        repeat {
            // Without the lock: however long it takes to see what is wrong with a text, nobody waits for that. Whoever was
            // slower than another makes the change anew.
            let old: ConfigurationSnapshot
            do throws(StorageError) { old = try snapshot() } catch { throw .storage(error) }
            try base.require(old)
            let new = try changed(old, change)
            if try replace(old, by: new) { return new }
        } while ContinuousClock.now < end
        throw .changed
    }

    /// What `change` makes of `old`, which is valid. Nothing is written. Throws `ConfigurationChangeError`.
    package func changed(
        _ old: ConfigurationSnapshot, _ change: (ConfigurationSnapshot) throws(ConfigurationChangeError) -> [UInt8]
    ) throws(ConfigurationChangeError) -> ConfigurationSnapshot {
        let new = reader.snapshot(of: path, text: try change(old))
        // What this process lacks, the gateway may have; what was missing before, or too much, is not this change's doing.
        let faults = new.faults.filter { fault in
            ![.variable, .excess].contains(fault.kind)
                || !old.faults.contains {
                    $0.path == fault.path && $0.message == fault.message && $0.advice == fault.advice
                }
        }
        guard faults.isEmpty, new.text != nil else { throw .invalid(faults) }
        return new
    }

    /// Writes `new` under the lock. Returns false when the file does not say what `old` does any more; then nothing was
    /// written.
    private func replace(
        _ old: ConfigurationSnapshot, by new: ConfigurationSnapshot
    ) throws(ConfigurationChangeError) -> Bool {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        do throws(StorageError) {
            guard try reader.text(of: path) == old.text else { return false }
            guard let text = new.text, text != old.text else { return true }
            try removeLeftovers()
            try write(text, over: old)
            return true
        } catch {
            throw .storage(error)
        }
    }

    private func lock() throws(ConfigurationChangeError) -> ConfigurationLock {
        let place: FilePlace
        do throws(StorageError) { place = try state.place(of: path, "lock") } catch { throw .storage(error) }
        return try ConfigurationLock(place, for: profile, patience: patience)
    }

    private func write(_ text: [UInt8], over old: ConfigurationSnapshot) throws(StorageError) {
        try state.write(text, to: path) { (place) throws(StorageError) in
            if old.text != nil { try ConfigurationBackups(of: path).rotate(place) }
        }
    }

    /// Removes what writers left behind that were killed. Only who holds the lock writes such files.
    private func removeLeftovers() throws(StorageError) {
        let place = try state.place(of: path, "write")
        // A gateway keeps its last good version without the lock.
        for suffix in place.suffixes()
        where suffix.hasPrefix(".") && suffix.hasSuffix(".tmp") && !suffix.contains(LastGoodConfiguration.suffix) {
            place.discard(suffix)
        }
    }
}

/// Which version of the file a change was made for.
public enum ConfigurationBase: Equatable, Sendable {
    /// Whatever stands there: the change is made from what it finds, and anew when that is another when it is written.
    case any
    /// The version with this hash. Nil is no answer unless there is no file yet.
    case hash(String?)

    func require(_ snapshot: ConfigurationSnapshot) throws(ConfigurationChangeError) {
        guard case .hash(let hash) = self, snapshot.text != nil else { return }
        guard let hash else { throw .baseRequired }
        guard hash == snapshot.hash else { throw .changed }
    }
}
