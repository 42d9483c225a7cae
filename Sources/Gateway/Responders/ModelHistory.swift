import JSON
import ModelServices

/// What was said in a conversation before, as a model is told it again.
struct ModelHistory {
    /// Oldest first; begins with something the user said.
    private(set) var messages: [ModelMessage]

    /// The messages of a transcript, as it keeps them, oldest first: of those the newest that have room in `tokens`. Nil
    /// means all.
    init(_ transcript: [JSON], tokens: Int64?) {
        let all = transcript.compactMap(ModelMessage.init(transcript:))
        var start = all.endIndex
        var room = tokens ?? .max
        while start > all.startIndex {
            room -= all[start - 1].estimatedTokens
            guard room >= 0 else { break }
            start -= 1
        }
        // A conversation does not begin with an answer, nor with the result of a call that is not there.
        messages = Array(all[start...].drop { if case .user = $0 { false } else { true } })
    }
}

extension ModelMessage {
    /// The message that a transcript keeps as `json`; nil for what a model is not told.
    init?(transcript json: JSON) {
        switch json["role"]?.string {
        case "user": self = .user(Self.input(json["content"]))
        case "assistant": self = .assistant(ModelAnswer(transcript: json))
        case "toolResult":
            guard let id = json["toolCallId"]?.string else { return nil }
            self = .toolResult(
                ToolResult(
                    callID: id, toolName: json["toolName"]?.string ?? "", content: Self.input(json["content"]),
                    isError: json["isError"]?.bool ?? false))
        default: return nil
        }
    }

    private static func input(_ content: JSON?) -> [InputContent] {
        if let text = content?.string { return [.text(text)] }
        return (content?.array ?? []).compactMap { part in
            switch part["type"]?.string {
            case "text": part["text"]?.string.map(InputContent.text)
            case "image":
                if let data = part["data"]?.string, let type = part["mimeType"]?.string {
                    .image(ModelImage(mediaType: type, base64: data))
                } else {
                    nil
                }
            default: part.string.map(InputContent.text)
            }
        }
    }

    /// About how many tokens it takes: a token is some four bytes of text, and a picture some 1500 tokens.
    fileprivate var estimatedTokens: Int64 {
        func tokens(_ text: String) -> Int64 { Int64(text.utf8.count / 4) }
        func tokens(_ content: [InputContent]) -> Int64 {
            content.reduce(0) { sum, part in
                switch part {
                case .text(let text): sum + tokens(text)
                case .image: sum + 1500
                }
            }
        }
        let count: Int64 =
            switch self {
            case .user(let content): tokens(content)
            case .toolResult(let result): tokens(result.content)
            case .assistant(let answer):
                answer.content.reduce(0) { sum, part in
                    switch part {
                    case .text(let text): sum + tokens(text.text)
                    case .thinking(let thinking): sum + tokens(thinking.text) + tokens(thinking.signature ?? "")
                    case .toolCall(let call): sum + tokens(JSON.object(call.arguments).text())
                    }
                }
            }
        return count + 8
    }
}

extension ModelAnswer {
    /// The answer that a transcript keeps as `json`. Who is not known to have given it has signed nothing that counts.
    init(transcript json: JSON) {
        let content: [AnswerContent]
        if let text = json["content"]?.string {
            content = [.text(AnswerText(text))]
        } else {
            content = (json["content"]?.array ?? []).compactMap(AnswerContent.init(transcript:))
        }
        let format = json["api"]?.string.flatMap(WireFormat.init)
        self.init(
            content,
            from: ModelIdentity(
                provider: format == nil ? "" : json["provider"]?.string ?? "", model: json["model"]?.string ?? "",
                format: format ?? .chatCompletions),
            stopReason: json["stopReason"]?.string.flatMap(StopReason.init) ?? .stop)
    }

    /// What a transcript keeps of it beside its text and what it cost.
    var transcriptMembers: JSONObject {
        [
            "content": .array(content.map(\.transcript)), "api": .string(source.format.rawValue),
            "provider": .string(source.provider), "model": .string(source.model),
        ]
    }
}

extension AnswerContent {
    /// The part of an answer that a transcript keeps as `json`; nil for one that says nothing here.
    fileprivate init?(transcript json: JSON) {
        switch json["type"]?.string {
        case "text":
            self = .text(AnswerText(json["text"]?.string ?? "", signature: json["textSignature"]?.string))
        case "thinking":
            self = .thinking(
                Thinking(
                    json["thinking"]?.string ?? "", signature: json["thinkingSignature"]?.string,
                    isRedacted: json["redacted"]?.bool ?? false))
        case "toolCall":
            guard let id = json["id"]?.string, let name = json["name"]?.string else { return nil }
            self = .toolCall(ToolCall(id: id, name: name, arguments: json["arguments"]?.object ?? JSONObject()))
        default: return nil
        }
    }

    fileprivate var transcript: JSON {
        var object: JSONObject
        switch self {
        case .text(let text):
            object = ["type": "text", "text": .string(text.text)]
            object["textSignature"] = text.signature.map(JSON.string)
        case .thinking(let thinking):
            object = ["type": "thinking", "thinking": .string(thinking.text)]
            object["thinkingSignature"] = thinking.signature.map(JSON.string)
            if thinking.isRedacted { object["redacted"] = true }
        case .toolCall(let call):
            object = [
                "type": "toolCall", "id": .string(call.id), "name": .string(call.name),
                "arguments": .object(call.arguments),
            ]
        }
        return .object(object)
    }
}
