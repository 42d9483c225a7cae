import JSON

/// `/v1/chat/completions`: an agent as programs ask a model that know OpenAI's interface.
///
/// What tunes a model (`temperature` and the like) is the agent's to choose and is passed over; what would make the answer
/// another thing is refused.
struct ChatCompletionRequest: ModelInterface {
    static let path = "/v1/chat/completions"
    static let sessionKind = "openai"

    let request: AnswerRequest
    /// Whether a stream ends with what it cost.
    private let includesUsage: Bool

    init(_ body: JSON) throws(APIError) {
        request = try AnswerRequest(body, fault: "Missing user message in `messages`.", Self.said)
        includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
    }

    private static func said(in body: JSON) throws(APIError) -> AnswerRequest.Said {
        guard body["n"] == nil || body["n"] == .null || body["n"] == 1 else {
            throw .invalid("`n` must be 1: an agent gives one answer")
        }
        for name in ["tools", "functions"] where body[name]?.array?.isEmpty == false {
            throw .invalid("`\(name)` are not taken here: an agent has its own tools")
        }
        guard let list = body["messages"]?.array else { throw .invalid("`messages` must be an array") }
        var said = AnswerRequest.Said()
        for (index, message) in list.enumerated() {
            let path = "messages[\(index)]"
            let role = message["role"]?.string ?? ""
            // The older name of a tool's answer.
            guard let role = FoldedMessages.Role(rawValue: role == "function" ? "tool" : role) else {
                throw .invalid("`\(path).role` must be system, developer, user, assistant or tool, not \"\(role)\"")
            }
            let content = try MessageContent(message["content"], at: "\(path).content")
            said.messages.append(
                FoldedMessages.Message(role: role, name: message["name"]?.string, text: content.text))
            said.pictures += content.pictures
        }
        return said
    }

    func writer(_ uuid: String, created: Int64) -> ChatCompletionWriter {
        ChatCompletionWriter(
            id: "chatcmpl_\(uuid)", model: request.model, created: created, includesUsage: includesUsage)
    }
}
