import Files
import GatewayProtocol
import JSON
import Policy
import Synchronization
import Text
import Time

/// The words at which apps begin to listen: `settings/voicewake.json` in the state directory. The gateway keeps them for the
/// apps, and listens to nothing itself.
final class WakeWords: Sendable {
    private let path: AbsolutePath
    private let state: HostileDirectory
    /// Taken while the file is replaced.
    private let writing = Mutex(())

    /// Those that count when nobody chose any.
    static let standard = ["mazelclaw", "computer"]
    /// The most there may be.
    static let limit = 32
    /// The most characters of one; longer ones are cut.
    static let lengthLimit = 64

    init(stateDirectory: AbsolutePath) {
        state = HostileDirectory(stateDirectory)
        path = stateDirectory / "settings/voicewake.json"
    }

    /// Reads them. Throws `StorageError`, also when the file is not what it must be.
    func read() throws(StorageError) -> [String] {
        guard let text = try state.read(path) else { return Self.standard }
        guard let words = (try? JSON(parsing: text))?["triggers"]?.array?.compactMap(\.string) else {
            throw StorageError("read", path, errno: 0, fault: "it holds no triggers; mend it, or remove it")
        }
        return Self.normal(words)
    }

    /// Keeps `words`, and returns them as they are kept. Throws `StorageError`.
    func replace(by words: [String], at time: Timestamp) throws(StorageError) -> [String] {
        let words = Self.normal(words)
        let file: JSON = ["triggers": .array(words.map(JSON.string)), "updatedAtMs": time.json]
        return try writing.withLock { (_) throws(StorageError) in
            try state.makeDirectory(path.parent)
            try state.write(file.serialized(pretty: true) + [UInt8(ascii: "\n")], to: path)
            return words
        }
    }

    /// `words` without blanks around them and without empty ones; the standard ones where nothing is left.
    private static func normal(_ words: [String]) -> [String] {
        let words = words.map { String($0.trimmed.prefix(lengthLimit)) }.filter { !$0.isEmpty }.prefix(limit)
        return words.isEmpty ? standard : Array(words)
    }
}

extension GatewayEvent {
    static let wakeWordsChanged = GatewayEvent(
        "voicewake.changed", "The words at which apps begin to listen were changed.",
        .object(Field(required: "triggers", .array(of: .string), "The words.")))

    static let talkMode = GatewayEvent(
        "talk.mode", for: .read, "A client began or ended a conversation by voice.",
        .object(
            Field(required: "enabled", .boolean, "Whether it goes on."),
            Field(required: "phase", .any, "How far it is, as the client calls it, or null."),
            Field(required: "ts", .integer, "When, in milliseconds since 1970.")))
}
