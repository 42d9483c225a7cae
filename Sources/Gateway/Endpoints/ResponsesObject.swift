import JSON

/// The objects of which the answers of `/v1/responses` to one run are made.
struct ResponsesObject: Sendable {
    let id: String
    let itemID: String
    /// As the client named it.
    let model: String
    /// Seconds since 1970.
    let created: Int64

    /// What ids of answers begin with.
    static let prefix = "resp_"

    init(_ uuid: String, model: String, created: Int64) {
        id = "\(Self.prefix)\(uuid)"
        itemID = "msg_\(uuid)"
        self.model = model
        self.created = created
    }

    /// How far it is.
    enum Status: String {
        case inProgress = "in_progress"
        case completed, failed
    }

    func response(_ status: Status, _ output: [JSON], usage: TokenUsage? = nil, error: APIError? = nil) -> JSON {
        let usage = ToldUsage(usage)
        var object: JSONObject = [
            "id": .string(id), "object": "response", "created_at": .integer(created),
            "status": .string(status.rawValue), "model": .string(model), "output": .array(output),
            "usage": [
                "input_tokens": .integer(usage.input), "output_tokens": .integer(usage.output),
                "total_tokens": .integer(usage.total),
            ],
        ]
        object["error"] = error.map { ["code": .string($0.kind.rawValue), "message": .string($0.message)] }
        return .object(object)
    }

    /// What the agent says, as far as it is `text`.
    func item(_ text: String?, _ status: Status) -> JSON {
        [
            "type": "message", "id": .string(itemID), "role": "assistant", "status": .string(status.rawValue),
            "content": .array(text.map { [part($0)] } ?? []),
        ]
    }

    func part(_ text: String) -> JSON { ["type": "output_text", "text": .string(text), "annotations": []] }
}
