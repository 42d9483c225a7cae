import JSON

/// `/v1/responses`: an agent as programs ask a model that know the interface OpenResponses describes.
///
/// What tunes a model is the agent's to choose and is passed over; what would make the answer another thing is refused. With
/// `previous_response_id` the conversation of that response goes on, at its end.
struct ResponsesRequest: ModelInterface {
    static let path = "/v1/responses"
    static let sessionKind = "openresponses"

    let request: AnswerRequest
    let previousID: String?

    init(_ body: JSON) throws(APIError) {
        request = try AnswerRequest(body, fault: "Missing user message in `input`.", Self.said)
        previousID = try APIBody.string(body, "previous_response_id")
    }

    private static func said(in body: JSON) throws(APIError) -> AnswerRequest.Said {
        guard body["tools"]?.array?.isEmpty != false else {
            throw .invalid("`tools` are not taken here: an agent has its own tools")
        }
        guard try APIBody.bool(body, "background") != true else { throw .invalid("`background` is not taken here") }
        var said = AnswerRequest.Said()
        if let instructions = try APIBody.string(body, "instructions") {
            said.messages.append(FoldedMessages.Message(role: .system, text: instructions))
        }
        switch body["input"] {
        case .string(let text): said.messages.append(FoldedMessages.Message(role: .user, text: text))
        case .array(let items):
            for (index, item) in items.enumerated() {
                guard let (message, pictures) = try Self.message(item, at: "input[\(index)]") else { continue }
                said.messages.append(message)
                said.pictures += pictures
            }
        default: throw .invalid("`input` must be a string or an array of items")
        }
        return said
    }

    func writer(_ uuid: String, created: Int64) -> ResponsesWriter {
        ResponsesWriter(ResponsesObject(uuid, model: request.model, created: created))
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
