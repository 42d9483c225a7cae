import GatewayProtocol
import JSON
import Time

/// A message of a conversation, as transcripts keep it and clients see it.
struct ChatMessage: Sendable, Equatable {
    enum Role: String, Sendable {
        case user, assistant
    }

    var role: Role
    var text: String
    /// When it was said.
    var timestamp: Timestamp
    var usage: TokenUsage?
    var stopReason: String?
    /// More members, of an answer by a model: its `content` with what it thought and called, and who gave it.
    var more: JSONObject?

    /// `role`, `content`, `timestamp`, and what else there is.
    var json: JSON {
        var object = JSONObject()
        object["role"] = .string(role.rawValue)
        object["content"] = [["type": "text", "text": .string(text)]]
        object["timestamp"] = timestamp.json
        object["usage"] = usage?.json
        object["stopReason"] = stopReason.map(JSON.string)
        for member in more?.members ?? [] { object[member.name] = member.value }
        return .object(object)
    }

    static let shape = Shape.object(
        Field(required: "role", .string, "`user` or `assistant`."),
        Field(required: "content", .list(of: .anyObject), "Its parts: `type`, `text`."),
        Field("timestamp", .integer, "When, in milliseconds since 1970."),
        Field("usage", .anyObject, "What the model counted: `input`, `output`, `total`."),
        Field("stopReason", .string, "`stop`, `error`, `aborted` or `injected`."))
}
