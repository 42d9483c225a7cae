import JSON

/// What `/v1/responses` answers of one run.
struct ResponsesWriter: Sendable {
    let id: String
    let itemID: String
    /// As the client named it.
    let model: String
    /// Seconds since 1970.
    let created: Int64

    init(id: String, model: String, created: Int64) {
        self.id = "resp_\(id)"
        itemID = "msg_\(id)"
        self.model = model
        self.created = created
    }

    /// How far it is.
    enum Status: String {
        case inProgress = "in_progress"
        case completed, failed
    }

    /// The whole answer.
    func response(_ end: RunEnd) -> JSON {
        response(.completed, [item(end.text, .completed)], usage: end.usage)
    }

    func response(_ status: Status, _ output: [JSON], usage: TokenUsage? = nil, error: APIError? = nil) -> JSON {
        let input = usage?.input ?? 0
        let written = usage?.output ?? 0
        let (sum, isTooMuch) = input.addingReportingOverflow(written)
        var object: JSONObject = [
            "id": .string(id), "object": "response", "created_at": .integer(created),
            "status": .string(status.rawValue), "model": .string(model), "output": .array(output),
            "usage": [
                "input_tokens": .integer(input), "output_tokens": .integer(written),
                "total_tokens": .integer(usage?.total ?? (isTooMuch ? .max : sum)),
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
