import JSON

/// What `/v1/chat/completions` answers of one run.
struct ChatCompletionWriter: Sendable {
    let id: String
    /// As the client named it.
    let model: String
    /// Seconds since 1970.
    let created: Int64

    /// The whole answer.
    func whole(_ end: RunEnd) -> JSON {
        [
            "id": .string(id), "object": "chat.completion", "created": .integer(created), "model": .string(model),
            "choices": [
                [
                    "index": 0, "message": ["role": "assistant", "content": .string(end.text)],
                    "finish_reason": "stop",
                ]
            ],
            "usage": Self.usage(end),
        ]
    }

    /// A piece of it.
    func chunk(_ delta: JSON, finishReason: JSON = .null) -> JSON {
        chunk(choices: [["index": 0, "delta": delta, "finish_reason": finishReason]])
    }

    /// The last piece for who asked what it cost.
    func usageChunk(_ end: RunEnd) -> JSON {
        var chunk = chunk(choices: []).object ?? JSONObject()
        chunk["usage"] = Self.usage(end)
        return .object(chunk)
    }

    private func chunk(choices: JSON) -> JSON {
        [
            "id": .string(id), "object": "chat.completion.chunk", "created": .integer(created),
            "model": .string(model), "choices": choices,
        ]
    }

    /// What the model counted; zeros when it did not tell.
    private static func usage(_ end: RunEnd) -> JSON {
        let input = end.usage?.input ?? 0
        let output = end.usage?.output ?? 0
        let (sum, isTooMuch) = input.addingReportingOverflow(output)
        return [
            "prompt_tokens": .integer(input), "completion_tokens": .integer(output),
            "total_tokens": .integer(end.usage?.total ?? (isTooMuch ? .max : sum)),
        ]
    }
}
