package import Files
public import Policy

/// The last text of the configuration file that a gateway ran with, kept beside it: people edit the file by hand, and
/// the way back from a mistake should not depend on their editor.
public struct LastGoodConfiguration: Sendable {
    /// Where it is kept.
    public let path: AbsolutePath
    private let original: AbsolutePath

    static let suffix = ".last-good"

    /// The copy that stands beside the configuration at `path`, whether there is one or not.
    public init(of path: AbsolutePath) {
        original = path
        self.path = path.parent / "\(path.lastComponent)\(Self.suffix)"
    }

    /// What is kept for `instance`, as if its file said it; nil when nothing is. Throws `ConfigurationError`.
    public static func load(for instance: Instance) throws(ConfigurationError) -> ConfigurationFile? {
        let path = instance.configurationFile.value
        let text: [UInt8]?
        do throws(StorageError) { text = try instance.state.read(Self(of: path).path) } catch { throw .storage(error) }
        guard let text else { return nil }
        return try ConfigurationFile(ConfigurationReader(instance).snapshot(of: path, text: text))
    }

    /// Keeps the text of `file`, with which a gateway runs whose state is in `state`. Throws `StorageError`.
    package func keep(_ file: ConfigurationFile, _ state: HostileDirectory) throws(StorageError) {
        guard let text = file.snapshot.text, try state.read(path) != text else { return }
        try state.write(text, to: path)
    }

    /// What to do about a configuration that is invalid: the command that puts the newest valid version in its place,
    /// or nil when there is none. Nothing is ever put back without being asked for.
    public func remedy(reader: ConfigurationReader) -> String? {
        let candidates = [path] + ConfigurationBackups(of: original).files
        guard
            let valid = candidates.first(where: { candidate in
                guard let snapshot = try? reader.snapshot(of: candidate), snapshot.text != nil else { return false }
                return snapshot.isRunnable
            })
        else { return nil }
        return
            "the last version that works is \(valid); to go back to it: cp \(valid) \(original), or config rollback; "
            + "gateway --last-good starts without touching the file"
    }
}
