import JSON

/// Writes a request in the format of Anthropic's messages.
struct MessagesWriter {
    let request: ModelRequest
    let model: ModelDescription
    let service: ServiceDescription

    /// The version of the format that is spoken.
    static let version = "2023-06-01"
    /// The most tokens of an answer when nobody says: this format wants a number.
    static let standardMaxTokens: Int64 = 8192

    /// The path after the service's, whose own may end with the version or not.
    static func path(at address: ServiceAddress) -> String {
        address.path.hasSuffix("/v1") ? "/messages" : "/v1/messages"
    }

    var body: JSONObject {
        var body = JSONObject()
        let limit = request.parameters.maxTokens ?? model.maxTokens ?? Self.standardMaxTokens
        body["model"] = .string(model.id)
        body["max_tokens"] = .integer(limit)
        if let prompt = request.systemPrompt, !prompt.isEmpty {
            body["system"] = [["type": "text", "text": .string(prompt), "cache_control": Self.cacheMark]]
        }
        body["messages"] = .array(messages)
        body["stream"] = .bool(request.parameters.isStreaming)
        let budget = model.isReasoning ? request.parameters.effort.flatMap { $0.budget(of: limit) } : nil
        if let budget {
            body["thinking"] = ["type": "enabled", "budget_tokens": .integer(budget)]
        } else if let temperature = request.parameters.temperature {
            // Not together with thinking.
            body["temperature"] = .double(temperature)
        }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { tool in
                    [
                        "name": .string(tool.name), "description": .string(tool.summary),
                        "input_schema": tool.parameters,
                    ]
                })
        }
        return body
    }

    /// What is before it is kept in the service's cache for the next turn.
    private static let cacheMark: JSON = ["type": "ephemeral"]

    /// Roles take turns: results of tools are the user's, together with what the user says after them.
    private var messages: [JSON] {
        var turns: [(role: String, blocks: [JSON])] = []
        func add(_ role: String, _ blocks: [JSON]) {
            if let last = turns.indices.last, turns[last].role == role {
                turns[last].blocks += blocks
            } else if !blocks.isEmpty {
                turns.append((role, blocks))
            }
        }
        for message in ReplayableConversation(request.messages, for: model, of: service).messages {
            switch message {
            case .user(let content): add("user", Self.blocks(content))
            case .assistant(let answer): add("assistant", answer.content.compactMap(Self.block))
            case .toolResult(let result):
                add(
                    "user",
                    [
                        [
                            "type": "tool_result", "tool_use_id": .string(result.callID),
                            "content": .array(Self.blocks(result.content)), "is_error": .bool(result.isError),
                        ]
                    ])
            }
        }
        if let last = turns.indices.last(where: { turns[$0].role == "user" }),
            let block = turns[last].blocks.indices.last,
            var object = turns[last].blocks[block].object
        {
            object["cache_control"] = Self.cacheMark
            turns[last].blocks[block] = .object(object)
        }
        return turns.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    }

    private static func blocks(_ content: [InputContent]) -> [JSON] {
        content.map { part in
            switch part {
            case .text(let text): ["type": "text", "text": .string(text)]
            case .image(let image):
                [
                    "type": "image",
                    "source": [
                        "type": "base64", "media_type": .string(image.mediaType), "data": .string(image.base64),
                    ],
                ]
            }
        }
    }

    private static func block(_ part: AnswerContent) -> JSON? {
        switch part {
        case .text(let text): return ["type": "text", "text": .string(text.text)]
        case .thinking(let thinking):
            // Thoughts that are not signed are not taken back.
            guard let signature = thinking.signature else { return nil }
            return thinking.isRedacted
                ? ["type": "redacted_thinking", "data": .string(signature)]
                : ["type": "thinking", "thinking": .string(thinking.text), "signature": .string(signature)]
        case .toolCall(let call):
            return [
                "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
                "input": .object(call.arguments),
            ]
        }
    }
}

extension ReasoningEffort {
    /// How many tokens are thought, where an answer has `limit`; nil when too few would be left.
    fileprivate func budget(of limit: Int64) -> Int64? {
        let wanted: Int64 =
            switch self {
            case .minimal: 1024
            case .low: 2048
            case .medium: 8192
            case .high: 16_384
            case .xhigh: 32_768
            }
        // The format takes no less than 1024, and wants some left for the answer.
        let budget = min(wanted, limit - 1024)
        return budget >= 1024 ? budget : nil
    }
}
