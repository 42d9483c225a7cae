import JSON

/// Writes a request in the format Responses. Nothing is kept at the service: each request has the whole conversation.
struct ResponsesWriter {
    let request: ModelRequest
    let model: ModelDescription
    let service: ServiceDescription

    /// The path after the service's.
    static let path = "/responses"

    var body: JSONObject {
        var body = JSONObject()
        body["model"] = .string(model.id)
        if let prompt = request.systemPrompt, !prompt.isEmpty { body["instructions"] = .string(prompt) }
        body["input"] = .array(
            ReplayableConversation(request.messages, for: model, of: service).messages.flatMap(Self.items))
        body["stream"] = .bool(request.parameters.isStreaming)
        body["store"] = false
        if let limit = request.parameters.maxTokens ?? model.maxTokens { body["max_output_tokens"] = .integer(limit) }
        if let temperature = request.parameters.temperature { body["temperature"] = .double(temperature) }
        if model.isReasoning {
            if let effort = request.parameters.effort {
                body["reasoning"] = ["effort": .string(effort.rawValue), "summary": "auto"]
            }
            // Its thoughts come back encrypted, since the service keeps nothing.
            body["include"] = ["reasoning.encrypted_content"]
        }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { tool in
                    [
                        "type": "function", "name": .string(tool.name), "description": .string(tool.summary),
                        "parameters": tool.parameters, "strict": false,
                    ]
                })
        }
        return body
    }

    private static func items(_ message: ModelMessage) -> [JSON] {
        switch message {
        case .user(let content): [["role": "user", "content": .array(parts(content))]]
        case .assistant(let answer): answer.content.compactMap(item)
        case .toolResult(let result):
            [
                [
                    "type": "function_call_output", "call_id": .string(ToolCallIDs.call(result.callID)),
                    "output": output(result.content),
                ]
            ]
        }
    }

    private static func item(_ part: AnswerContent) -> JSON? {
        switch part {
        case .text(let text):
            guard let id = text.signature else { return ["role": "assistant", "content": .string(text.text)] }
            return [
                "type": "message", "role": "assistant", "id": .string(id), "status": "completed",
                "content": [["type": "output_text", "text": .string(text.text), "annotations": []]],
            ]
        case .thinking(let thinking):
            // The item the thoughts came in, as it came.
            return thinking.signature.flatMap { try? JSON(parsing: Array($0.utf8)) }
        case .toolCall(let call):
            var item: JSONObject = ["type": "function_call", "call_id": .string(ToolCallIDs.call(call.id))]
            item["id"] = ToolCallIDs.item(call.id).map(JSON.string)
            item["name"] = .string(call.name)
            item["arguments"] = .string(JSON.object(call.arguments).text())
            return .object(item)
        }
    }

    private static func parts(_ content: [InputContent]) -> [JSON] {
        content.map { part in
            switch part {
            case .text(let text): ["type": "input_text", "text": .string(text)]
            case .image(let image):
                ["type": "input_image", "image_url": .string(image.dataURL), "detail": "auto"]
            }
        }
    }

    private static func output(_ content: [InputContent]) -> JSON {
        let texts = content.compactMap(\.text)
        return texts.count == content.count
            ? .string(texts.isEmpty ? "(no text)" : texts.joined(separator: "\n\n")) : .array(parts(content))
    }
}
