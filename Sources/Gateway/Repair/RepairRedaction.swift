public import Configuration
public import Files
import Policy
import Text

/// Takes everything out of texts about an instance that its rescue must not see.
public struct RepairRedaction: Sendable {
    private let redactor: Redactor

    /// More words than this of a text that cannot be read are not looked for.
    private static let limit = 500

    /// What is known to be secret in `instance`: in its configuration, in the earlier versions of that, which old lines of a
    /// log may still tell, and in the environment its profile gives it. Of a version that cannot be read every longer word may
    /// be one. Throws `StorageError`.
    public init(_ instance: Instance, _ store: ConfigurationStore) throws(StorageError) {
        let given = (instance.profile?.environment ?? []).filter { !KnownSecrets.isHarmless($0.name) }
        let versions = try store.versions()
        let words = Set(versions.filter { $0.snapshot.document == nil }.flatMap { Self.words($0.snapshot.text ?? []) })
        guard words.count <= Self.limit else {
            throw StorageError("read", store.path, fault: "it is no JSON5, and too long to tell what is secret in it")
        }
        let others = (given.map(\.value) + words).compactMap { Secret($0) }
        let known = versions.reduce(KnownSecrets(nil, and: others)) {
            $0.union(KnownSecrets($1.snapshot))
        }
        redactor = Redactor(known)
    }

    /// The words of `text` of at least eight bytes, without what separates or quotes values in JSON5.
    private static func words(_ text: [UInt8]) -> [String] {
        let separators = Set(" \t\r\n\"'`{}[],:".utf8)
        return text.split { separators.contains($0) }.filter { $0.count >= 8 }.map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// `text` without secrets, bounded to its end, and with nothing in it that is not seen.
    public func text(_ text: String, limit: Int = StagedRepair.File.limit) -> String {
        let safe = ShownText.lines(redactor.redacted(text))
        guard safe.utf8.count > limit else { return safe }
        let end = String(decoding: safe.utf8.suffix(limit), as: UTF8.self)
        return "…\n" + end.drop { $0 != "\n" }.dropFirst()
    }
}

extension ConfigurationStore {
    /// The configuration as a rescue may see it; nil when there is none, when it cannot be read, so that nobody can tell what
    /// is secret in it, or when it is longer than what is staged. Throws `StorageError`.
    public func staged(by redaction: RepairRedaction) throws(StorageError) -> String? {
        guard let shown = try snapshot().shownText, shown.utf8.count <= StagedRepair.File.limit / 2 else { return nil }
        return redaction.text(shown)
    }
}

extension Instance {
    /// The newest lines of the log, as they are: at most 64 KiB. Throws `StorageError`.
    public func endOfLog() throws(StorageError) -> String {
        guard let log = try OpenLog(state, LogFile.path(in: stateDirectory.value)) else { return "" }
        return try log.slice(after: nil, limit: .max, bytes: 64 << 10).lines.map { "\($0)\n" }.joined()
    }
}
