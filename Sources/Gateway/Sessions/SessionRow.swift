import GatewayProtocol
public import JSON
import Text
import Time

/// A session as lists show it.
public struct SessionRow: Sendable {
    var entry: SessionEntry
    /// A title made from what was said, when it was asked for.
    var title: String?
    /// How the conversation stands, when it was asked for.
    var lastMessage: String?

    /// That of `entry`, without what was said.
    public init(entry: SessionEntry) {
        self.entry = entry
    }

    /// Members of the entry that are shown as they are.
    private static let shown: [SessionEntry.Member] = [
        .chatType, .subject, .groupChannel, .space, .origin, .systemSent, .abortedLastRun, .thinkingLevel,
        .verboseLevel, .reasoningLevel, .elevatedLevel, .sendPolicy, .inputTokens, .outputTokens, .totalTokens,
        .responseUsage, .modelProvider, .model, .contextTokens, .deliveryContext, .lastChannel, .lastTo,
        .lastAccountId, .spawnedBy,
    ]

    /// What those must be that clients are promised to be something.
    private static let kinds: [SessionEntry.Member: @Sendable (JSON) -> Bool] = [
        .abortedLastRun: { $0.bool != nil }, .modelProvider: { $0.string != nil }, .model: { $0.string != nil },
        .totalTokens: { $0.integer != nil },
    ]

    /// Its members, as `sessions.list` tells them.
    public var json: JSON {
        var object: JSONObject = ["key": .string(entry.key.text), "kind": .string(entry.kind.rawValue)]
        object["label"] = entry.label.map(JSON.string)
        object["displayName"] = (entry.displayName ?? entry.label).map(JSON.string)
        object["derivedTitle"] = title.map(JSON.string)
        object["lastMessagePreview"] = lastMessage.map(JSON.string)
        object["channel"] = (entry.channel ?? entry.key.channel).map(JSON.string)
        object["updatedAt"] = entry.updatedAt.json
        object["sessionId"] = .string(entry.sessionID)
        for member in Self.shown {
            // What came in with a file may be anything.
            guard let value = entry[member], Self.kinds[member]?(value) != false else { continue }
            object[member.rawValue] = value
        }
        return .object(object)
    }

    static let shape = Shape.object(
        Field(required: "key", .string, "The session."),
        Field(required: "kind", .string, "`direct`, `group`, `global` or `unknown`."),
        Field("label", .string, "What its owner calls it."),
        Field("displayName", .string, "A name to show."),
        Field("derivedTitle", .string, "A title made from what was said first."),
        Field("lastMessagePreview", .string, "What was said last."),
        Field("channel", .string, "The channel."),
        Field(required: "updatedAt", .integer, "When it was last used, in milliseconds since 1970."),
        Field(required: "sessionId", .string, "The id of its transcript."),
        Field("abortedLastRun", .boolean, "Whether its last run was cut off."),
        Field("modelProvider", .string, "Who answered last."), Field("model", .string, "The model that did."),
        Field("totalTokens", .integer, "What it has cost."))

    // MARK: Texts

    /// A title of `entry`: its name, else the beginning of `first`, what was said first, else its transcript and day.
    static func title(of entry: SessionEntry, first: String?) -> String {
        for text in [entry.displayName, entry.subject] {
            if let text = text?.trimmed, !text.isEmpty { return text }
        }
        let words = first.map(collapsed) ?? ""
        guard words.isEmpty else { return shortened(words, to: 60) }
        return "\(entry.sessionID.prefix(8)) (\(RFC3339.text(entry.updatedAt).prefix(10)))"
    }

    /// `text` in at most `limit` characters, at least 20.
    static func preview(_ text: String, limit: Int) -> String {
        text.count <= limit ? text : text.prefix(limit - 3) + "..."
    }

    /// `text` on one line.
    static func collapsed(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// `words` in at most `limit` characters, cut between two of them where that loses little.
    private static func shortened(_ words: String, to limit: Int) -> String {
        guard words.count > limit else { return words }
        let cut = words.prefix(limit - 1)
        let space = cut.lastIndex(of: " ").flatMap { cut.distance(from: cut.startIndex, to: $0) > limit / 2 ? $0 : nil }
        return cut[..<(space ?? cut.endIndex)] + "…"
    }
}
