import JSON

/// What `/v1/chat/completions` answers of one run.
struct ChatCompletionWriter: AnswerWriter {
    let id: String
    /// As the client named it.
    let model: String
    /// Seconds since 1970.
    let created: Int64
    /// Whether a stream ends with what it cost.
    let includesUsage: Bool

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

    func beginning() -> [[UInt8]] { [ServerSentEvent.text(chunk(["role": "assistant"]))] }

    func addition(_ text: String) -> [UInt8] { ServerSentEvent.text(chunk(["content": .string(text)])) }

    func ending(_ end: RunEnd, said text: String) -> [[UInt8]] {
        let last = ServerSentEvent.text(chunk([:], finishReason: "stop"))
        return includesUsage ? [last, ServerSentEvent.text(usageChunk(end))] : [last]
    }

    func failure(_ error: APIError, said text: String) -> [UInt8] { ServerSentEvent.text(error.json) }

    /// A piece of the answer.
    private func chunk(_ delta: JSON, finishReason: JSON = .null) -> JSON {
        chunk(choices: [["index": 0, "delta": delta, "finish_reason": finishReason]])
    }

    /// The last piece for who asked what it cost.
    private func usageChunk(_ end: RunEnd) -> JSON {
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

    private static func usage(_ end: RunEnd) -> JSON {
        let usage = ToldUsage(end.usage)
        return [
            "prompt_tokens": .integer(usage.input), "completion_tokens": .integer(usage.output),
            "total_tokens": .integer(usage.total),
        ]
    }
}
