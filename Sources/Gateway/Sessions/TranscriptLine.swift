import JSON
import Time

/// One line of a transcript file, and what of it is looked for.
struct TranscriptLine {
    var id: String
    var timestamp: Timestamp
    /// Nil for a line that is no message.
    var role: String?
    var text: String
    /// The whole line, as JSON text.
    var line: String

    /// The line of `message`, which follows the one called `parent`.
    init(_ message: JSON, id: String, parent: String?, at now: Timestamp) {
        self.id = id
        timestamp = message["timestamp"]?.integer.flatMap(Timestamp.init(milliseconds:)) ?? now
        role = message["role"]?.string ?? "unknown"
        text = TranscriptMessage.text(of: message)
        line = Self.text(of: message, id: id, parent: parent, at: now)
    }

    /// The same of a message of this gateway's own, of which nothing has to be looked for.
    init(_ message: ChatMessage, id: String, parent: String?, at now: Timestamp) {
        self.id = id
        timestamp = message.timestamp
        role = message.role.rawValue
        text = message.text
        line = Self.text(of: message.json, id: id, parent: parent, at: now)
    }

    /// The line `json`, which is no message.
    init(_ json: JSON, id: String, at now: Timestamp) {
        self.id = id
        timestamp = now
        role = nil
        text = ""
        line = json.text()
    }

    /// What lines are called that say that a turn took a message in while it was under way.
    static let steeredType = "mazelclaw.steered"

    private static func text(of message: JSON, id: String, parent: String?, at now: Timestamp) -> String {
        let json: JSON = [
            "type": "message", "id": .string(id), "parentId": parent.map(JSON.string) ?? .null,
            "timestamp": .string(RFC3339.text(now)), "message": message,
        ]
        return json.text()
    }

    /// A line somebody else wrote, as it is. `earlier` is the time of the line before, for one that tells none.
    init(_ json: JSON, text: String, earlier: Timestamp) {
        let message = json["message"].flatMap { $0.object == nil ? nil : $0 }
        id = json["id"]?.string ?? ""
        timestamp =
            message?["timestamp"]?.integer.flatMap(Timestamp.init(milliseconds:))
            ?? json["timestamp"]?.string.flatMap(RFC3339.time) ?? earlier
        role = message.map { $0["role"]?.string ?? "unknown" }
        self.text = message.map(TranscriptMessage.text) ?? ""
        line = text
    }
}
