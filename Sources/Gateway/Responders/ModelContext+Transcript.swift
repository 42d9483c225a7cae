import AgentLoop
import JSON
import ModelServices

extension ModelContext {
    /// What `conversation` keeps, then `message`, which is to be answered, and what came of it so far.
    init(_ conversation: KeptConversation, answering message: [InputContent]) {
        self.init(summary: conversation.summary, conversation.messages.compactMap(Entry.init))
        entries.append(Entry(id: conversation.messageID ?? "", .user(message)))
        entries += conversation.steps.compactMap(Entry.init)
    }

    /// What `conversation` keeps.
    init(_ conversation: KeptConversation) {
        self.init(summary: conversation.summary, conversation.messages.compactMap(Entry.init))
    }
}

extension ModelContext.Entry {
    /// The message that a transcript keeps as `message`; nil for what a model is not told.
    fileprivate init?(_ message: TranscriptMessage) {
        guard let said = ModelMessage(transcript: message.message) else { return nil }
        self.init(id: message.id, said)
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
