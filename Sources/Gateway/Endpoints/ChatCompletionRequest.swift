import JSON

/// What a client asks of `/v1/chat/completions`. What tunes a model (`temperature` and the like) is the agent's to
/// choose and is passed over; what would make the answer another thing is refused.
struct ChatCompletionRequest {
    var model: String
    var isStream: Bool
    /// Whether a stream ends with what it cost.
    var includesUsage: Bool
    var user: String?
    var messages: FoldedMessages
    var pictures: [JSON]

    /// Throws `APIError`.
    init(_ body: [UInt8]) throws(APIError) {
        let json = try APIBody.object(body)
        model = try APIBody.string(json, "model") ?? "mazelclaw"
        isStream = try APIBody.bool(json, "stream") ?? false
        includesUsage = json["stream_options"]?["include_usage"]?.bool ?? false
        user = try APIBody.string(json, "user")
        guard json["n"] == nil || json["n"] == .null || json["n"] == 1 else {
            throw .invalid("`n` must be 1: an agent gives one answer")
        }
        for name in ["tools", "functions"] where json[name]?.array?.isEmpty == false {
            throw .invalid("`\(name)` are not taken here: an agent has its own tools")
        }
        guard let list = json["messages"]?.array else { throw .invalid("`messages` must be an array") }
        var messages: [FoldedMessages.Message] = []
        var pictures: [JSON] = []
        for (index, message) in list.enumerated() {
            let path = "messages[\(index)]"
            let role = message["role"]?.string ?? ""
            // The older name of a tool's answer.
            guard let role = FoldedMessages.Role(rawValue: role == "function" ? "tool" : role) else {
                throw .invalid("`\(path).role` must be system, developer, user, assistant or tool, not \"\(role)\"")
            }
            let content = try MessageContent(message["content"], at: "\(path).content")
            messages.append(FoldedMessages.Message(role: role, name: message["name"]?.string, text: content.text))
            pictures += content.pictures
        }
        self.messages = try FoldedMessages(messages, fault: "Missing user message in `messages`.")
        self.pictures = pictures
    }
}
