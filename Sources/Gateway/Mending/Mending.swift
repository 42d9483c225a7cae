public import Configuration
public import Files
import JSON
public import Policy
public import Time

/// What can be put right about an instance without a loss: modes, what killed writers left behind, and keys of the
/// configuration that have another place now. Nothing is changed until `apply`.
public struct Mending: Sendable {
    /// What is wrong with files.
    public let files: [FileFinding]
    /// The keys that get another place: from where to where.
    public let moved: [(old: String, new: String)]
    /// What is wrong, can be told, and is somebody's to decide: a sentence each.
    public let undecided: [String]
    /// Where what is replaced is kept: leftovers in there; the configuration is version 1 of `config history`.
    public let backup: AbsolutePath

    private let state: HostileDirectory
    private let store: ConfigurationStore
    private let before: ConfigurationSnapshot
    private let after: ConfigurationSnapshot?

    /// Looks at `instance`, at `time`. Throws `StorageError`.
    public init(_ instance: Instance, at time: Timestamp) throws(StorageError) {
        state = instance.state
        files = try FileFinding.all(of: instance)
        backup = state.path / "doctor-\(RFC3339.fileName(time))"
        store = ConfigurationStore(instance)
        before = try store.snapshot()
        guard let document = before.document, before.faults.contains(where: { $0.kind == .moved }) else {
            (after, moved, undecided) = (nil, [], [])
            return
        }
        let renaming = MovedKey.renaming(document.value)
        var undecided = renaming.overridden.map {
            "\($0.old) was moved to \($0.new), and something stands there too: take out the one that does not count"
        }
        guard !renaming.moved.isEmpty else {
            (after, moved, self.undecided) = (nil, [], undecided)
            return
        }
        do throws(ConfigurationChangeError) {
            after = try store.changed(before) { [store, before] (_) throws(ConfigurationChangeError) in
                try store.text(saying: renaming.json, in: before)
            }
            moved = renaming.moved
        } catch {
            undecided.append(
                "the keys that have another place now cannot be moved before the rest of \(before.path) is mended")
            (after, moved) = (nil, [])
        }
        self.undecided = undecided
    }

    /// Whether there is nothing to be put right.
    public var isEmpty: Bool { files.isEmpty && after == nil }

    /// What `apply` changes: lines of a difference, without secrets.
    public var difference: [String] {
        var lines = files.flatMap(\.difference)
        guard let after, let old = before.shownText, let new = after.shownText else { return lines }
        lines += ["--- \(before.path)", "+++ \(before.path)"] + TextDifference.lines(from: old, to: new)
        return lines
    }

    /// Whether the configuration is changed.
    public var changesConfiguration: Bool { after != nil }

    /// Puts it right. A gateway that runs goes on. Throws `StorageError` and `ConfigurationChangeError`, also when somebody
    /// has changed the configuration meanwhile.
    public func apply() throws {
        for finding in files { try finding.mend(in: state, backup: backup) }
        if let text = after?.text { try store.replace(with: text, base: .hash(before.hash)) }
    }
}
