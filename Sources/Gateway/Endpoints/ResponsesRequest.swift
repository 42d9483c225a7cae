import JSON

/// What a client asks of `/v1/responses`. What tunes a model is the agent's to choose and is passed over; what would
/// make the answer another thing is refused.
struct ResponsesRequest {
    var model: String
    var isStream: Bool
    var user: String?
    var messages: FoldedMessages
    var pictures: [JSON] = []

    /// Throws `APIError`.
    init(_ body: [UInt8]) throws(APIError) {
        let json = try APIBody.object(body)
        model = try APIBody.string(json, "model") ?? "mazelclaw"
        isStream = try APIBody.bool(json, "stream") ?? false
        user = try APIBody.string(json, "user")
        guard json["tools"]?.array?.isEmpty != false else {
            throw .invalid("`tools` are not taken here: an agent has its own tools")
        }
        guard try APIBody.string(json, "previous_response_id") == nil else {
            throw .invalid(
                "`previous_response_id` is not taken here: name a session in x-mazelclaw-session-key, or a `user`")
        }
        guard try APIBody.bool(json, "background") != true else { throw .invalid("`background` is not taken here") }
        var messages: [FoldedMessages.Message] = []
        if let instructions = try APIBody.string(json, "instructions") {
            messages.append(FoldedMessages.Message(role: .system, text: instructions))
        }
        switch json["input"] {
        case .string(let text): messages.append(FoldedMessages.Message(role: .user, text: text))
        case .array(let items):
            for (index, item) in items.enumerated() {
                guard let (message, pictures) = try Self.message(item, at: "input[\(index)]") else { continue }
                messages.append(message)
                self.pictures += pictures
            }
        default: throw .invalid("`input` must be a string or an array of items")
        }
        self.messages = try FoldedMessages(messages, fault: "Missing user message in `input`.")
    }

    /// What `item` says; nil when it is none of the things said.
    private static func message(
        _ item: JSON, at path: String
    ) throws(APIError) -> (FoldedMessages.Message, pictures: [JSON])? {
        switch item["type"]?.string ?? "message" {
        case "message":
            let word = item["role"]?.string ?? ""
            guard let role = FoldedMessages.Role(rawValue: word), role != .tool else {
                throw .invalid("`\(path).role` must be system, developer, user or assistant, not \"\(word)\"")
            }
            let content = try MessageContent(item["content"], at: "\(path).content")
            return (FoldedMessages.Message(role: role, text: content.text), content.pictures)
        case "function_call_output":
            let content = try MessageContent(item["output"], at: "\(path).output")
            let name = item["call_id"]?.string
            return (FoldedMessages.Message(role: .tool, name: name, text: content.text), content.pictures)
        // What a model thought or called says nothing to another.
        case "reasoning", "function_call": return nil
        case let type: throw .invalid("`\(path)`: items of the type \"\(type)\" are not taken here")
        }
    }
}
