import JSON

/// Writes a request in the format chat completions.
struct ChatCompletionsWriter {
    let request: ModelRequest
    let model: ModelDescription
    let service: ServiceDescription

    /// The path after the service's.
    static let path = "/chat/completions"

    var body: JSONObject {
        let bears = model.compatibility
        let isOpenAI = service.address.isWithin("openai.com") || service.address.isWithin("openai.azure.com")
        var body = JSONObject()
        body["model"] = .string(model.id)
        let hasDeveloper = model.isReasoning && bears.hasDeveloperRole ?? isOpenAI
        body["messages"] = .array(messages(systemRole: hasDeveloper ? "developer" : "system"))
        body["stream"] = .bool(request.parameters.isStreaming)
        if request.parameters.isStreaming { body["stream_options"] = ["include_usage": true] }
        if bears.hasStore ?? isOpenAI { body["store"] = false }
        if let limit = request.parameters.maxTokens ?? model.maxTokens {
            body[bears.maxTokensName ?? (isOpenAI ? "max_completion_tokens" : "max_tokens")] = .integer(limit)
        }
        if let temperature = request.parameters.temperature { body["temperature"] = .double(temperature) }
        if model.isReasoning, let effort = request.parameters.effort, bears.hasReasoningEffort ?? true {
            body["reasoning_effort"] = .string(effort.rawValue)
        }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map { tool in
                    [
                        "type": "function",
                        "function": [
                            "name": .string(tool.name), "description": .string(tool.summary),
                            "parameters": tool.parameters,
                        ],
                    ]
                })
        }
        return body
    }

    private func messages(systemRole: String) -> [JSON] {
        var messages: [JSON] = []
        if let prompt = request.systemPrompt, !prompt.isEmpty {
            messages.append(["role": .string(systemRole), "content": .string(prompt)])
        }
        /// Pictures of tool results: this format takes them from a user alone.
        var pictures: [InputContent] = []
        func addPictures() {
            if !pictures.isEmpty {
                messages.append(["role": "user", "content": Self.content(pictures)])
                pictures = []
            }
        }
        for message in ReplayableConversation(request.messages, for: model, of: service).messages {
            switch message {
            case .user(let content):
                messages.append(["role": "user", "content": Self.content(pictures + content)])
                pictures = []
            case .assistant(let answer):
                addPictures()
                messages.append(Self.message(answer))
            case .toolResult(let result):
                let text = result.content.compactMap(\.text).joined(separator: "\n\n")
                messages.append([
                    "role": "tool", "tool_call_id": .string(result.callID),
                    "content": .string(text.isEmpty ? "(no text)" : text),
                ])
                pictures += result.content.filter { $0.text == nil }
            }
        }
        addPictures()
        return messages
    }

    /// Text alone is written as text: older servers take no parts.
    private static func content(_ content: [InputContent]) -> JSON {
        let texts = content.compactMap(\.text)
        if texts.count == content.count { return .string(texts.joined(separator: "\n\n")) }
        return .array(
            content.map { part in
                switch part {
                case .text(let text): ["type": "text", "text": .string(text)]
                case .image(let image): ["type": "image_url", "image_url": ["url": .string(image.dataURL)]]
                }
            })
    }

    private static func message(_ answer: ModelAnswer) -> JSON {
        var message: JSONObject = ["role": "assistant"]
        let text = answer.text
        message["content"] = text.isEmpty ? .null : .string(text)
        // A model that thinks while it calls tools needs its thoughts again, under the name it gave them.
        for case .thinking(let thinking) in answer.content where !answer.toolCalls.isEmpty && !thinking.text.isEmpty {
            if let name = thinking.signature {
                message[name] = .string((message[name]?.string ?? "") + thinking.text)
            }
        }
        if !answer.toolCalls.isEmpty {
            message["tool_calls"] = .array(
                answer.toolCalls.map { call in
                    [
                        "id": .string(call.id), "type": "function",
                        "function": [
                            "name": .string(call.name), "arguments": .string(JSON.object(call.arguments).text()),
                        ],
                    ]
                })
        }
        return .object(message)
    }
}

extension InputContent {
    /// The text; nil for a picture.
    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}

extension ModelImage {
    /// As an address that holds the picture itself (RFC 2397).
    var dataURL: String { "data:\(mediaType);base64,\(base64)" }
}
