public import JSON
import Text
public import Time

/// What is kept of a session: which transcript it writes, when it was last used, and its settings.
///
/// `fields` are those of the original's `sessions.json`; what this version does not know is kept too.
public struct SessionEntry: Equatable, Sendable {
    /// The session.
    public let key: SessionKey
    /// The id of its transcript, a UUID: another one after each reset.
    public var sessionID: String
    /// When it was last used.
    public var updatedAt: Timestamp
    /// Everything else.
    public var fields: JSONObject

    /// The session `key`, which writes the transcript `sessionID`.
    public init(key: SessionKey, sessionID: String, updatedAt: Timestamp, fields: JSONObject = JSONObject()) {
        self.key = key
        self.sessionID = sessionID
        self.updatedAt = updatedAt
        self.fields = fields
        self.fields["sessionId"] = nil
        self.fields["updatedAt"] = nil
    }

    /// A session `key` that begins at `now`.
    public init(beginning key: SessionKey, at now: Timestamp) {
        self.init(key: key, sessionID: UUIDText.random(), updatedAt: now)
    }

    /// Reads an entry of `sessions.json`; nil when it has no `sessionId`. One whose `updatedAt` is no time counts as never
    /// used.
    public init?(key: SessionKey, json: JSON) {
        guard let fields = json.object, let id = fields["sessionId"]?.string, !id.isEmpty else { return nil }
        self.init(
            key: key, sessionID: id, updatedAt: fields["updatedAt"].flatMap(Self.time(of:)) ?? .earliest, fields: fields
        )
    }

    /// The time that `json` is in `updatedAt`; nil when it is none.
    static func time(of json: JSON) -> Timestamp? {
        let number = json.integer ?? json.number.flatMap { Int64(exactly: $0.rounded(.down)) }
        return number.flatMap(Timestamp.init(milliseconds:))
    }

    /// The entry as `sessions.json` and the protocol have it.
    public var json: JSON {
        let first = [
            JSONObject.Member(name: "sessionId", value: .string(sessionID)),
            JSONObject.Member(name: "updatedAt", value: updatedAt.json),
        ]
        return .object(JSONObject(first + fields.members))
    }

    /// `label`: what its owner calls it.
    public var label: String? { fields["label"]?.string }

    /// `spawnedBy`: the session that started it.
    public var spawnedBy: String? { fields["spawnedBy"]?.string }

    /// The agent it belongs to; nil for `global` and `unknown`.
    public var agent: String? { key.agent }

    /// The kind of conversation: what the entry says before what the key says.
    public var kind: SessionKey.Kind {
        if key.kind == .direct, ["group", "channel"].contains(fields["chatType"]?.string ?? "") { return .group }
        return key.kind
    }

    /// The same session from its beginning: another transcript, the same settings, nothing used yet.
    public func begunAnew(at now: Timestamp) -> SessionEntry {
        var entry = SessionEntry(key: key, sessionID: UUIDText.random(), updatedAt: now)
        entry.fields = JSONObject(
            fields.members.filter { member in
                !Self.belongingToTranscript.contains(member.name)
            })
        for name in Self.counters where fields[name] != nil { entry.fields[name] = 0 }
        return entry
    }

    /// How much the conversation used.
    private static let counters = ["inputTokens", "outputTokens", "totalTokens", "compactionCount"]

    /// What says something of the conversation so far, not of how its owner wants it.
    private static let belongingToTranscript: Set<String> = [
        "sessionFile", "systemSent", "abortedLastRun", "cliSessionIds", "claudeCliSessionId", "skillsSnapshot",
        "contextTokens", "memoryFlushAt", "memoryFlushCompactionCount",
    ]
}
