import JSON
import Text

/// Reads an answer in the format of Anthropic's messages.
struct MessagesReader: AnswerReader {
    var builder: AnswerBuilder
    private(set) var isOver = false
    /// The part each content block became.
    private var blocks: [Int64: Int] = [:]

    init(_ source: ModelIdentity) {
        builder = AnswerBuilder(source)
    }

    mutating func read(_ json: JSON) throws(ModelFailure) {
        guard let type = json.text("type") else {
            try ServiceFault.check(json)
            throw .malformed(expected: "a type")
        }
        switch type {
        case "message_start":
            builder.responseID = json["message"]?.text("id")
            note(json["message"]?["usage"])
        case "content_block_start": begin(json["content_block"] ?? .null, at: index(of: json))
        case "content_block_delta": try read(delta: json["delta"] ?? .null, at: index(of: json))
        case "content_block_stop":
            if let block = blocks[index(of: json)] { builder.end(block) }
        case "message_delta":
            note(json["usage"])
            try end(json["delta"]?.text("stop_reason"))
        case "message_stop": isOver = true
        case "error": throw ServiceFault(json)?.failure() ?? .malformed(expected: "what failed")
        // `ping`, and what the service adds some day.
        default: break
        }
    }

    mutating func read(whole json: JSON) throws(ModelFailure) {
        try ServiceFault.check(json)
        guard let content = json["content"]?.array else { throw .malformed(expected: "content") }
        builder.responseID = json.text("id")
        for (index, block) in content.enumerated() {
            begin(block, at: Int64(index))
            if let begun = blocks[Int64(index)] { builder.end(begun) }
        }
        note(json["usage"])
        try end(json.text("stop_reason"))
        isOver = true
    }

    private func index(of json: JSON) -> Int64 { json["index"]?.integer ?? 0 }

    private mutating func begin(_ content: JSON, at index: Int64) {
        switch content["type"]?.string {
        case "text":
            let block = builder.beginText()
            blocks[index] = block
            builder.append(content["text"]?.string ?? "", to: block)
        case "thinking":
            let block = builder.beginThinking(signature: content.text("signature"))
            blocks[index] = block
            builder.append(content["thinking"]?.string ?? "", to: block)
        case "redacted_thinking":
            blocks[index] = builder.beginThinking(signature: content.text("data"), isRedacted: true)
        case "tool_use":
            let block = builder.beginToolCall(
                id: content.text("id") ?? "toolu_\(UUIDText.random())", name: content.text("name") ?? "")
            blocks[index] = block
            // A stream begins with an empty object, and writes the real one in pieces.
            if let input = content["input"]?.object, !input.members.isEmpty {
                builder.append(JSON.object(input).text(), to: block)
            }
        default: break
        }
    }

    private mutating func read(delta: JSON, at index: Int64) throws(ModelFailure) {
        // A block of a kind that says nothing here.
        guard let block = blocks[index] else { return }
        switch delta["type"]?.string {
        case "text_delta": builder.append(delta["text"]?.string ?? "", to: block)
        case "thinking_delta": builder.append(delta["thinking"]?.string ?? "", to: block)
        case "input_json_delta": builder.append(delta["partial_json"]?.string ?? "", to: block)
        case "signature_delta": builder.sign(block, delta["signature"]?.string ?? "")
        default: break
        }
    }

    private mutating func end(_ reason: String?) throws(ModelFailure) {
        switch reason {
        case nil: break
        case "max_tokens": builder.stopReason = .length
        case "tool_use": builder.stopReason = .toolUse
        case "refusal": throw ModelFailure(.withheld, "the service withheld the answer (refusal)")
        case "model_context_window_exceeded":
            throw ModelFailure(.contextOverflow, "the conversation fills the whole context of the model")
        default: builder.stopReason = .stop
        }
    }

    /// What the service counted so far; a later count comes instead of an earlier one.
    private mutating func note(_ usage: JSON?) {
        guard let usage else { return }
        if let count = usage.count("input_tokens") { builder.usage.input = count }
        if let count = usage.count("output_tokens") { builder.usage.output = count }
        if let count = usage.count("cache_read_input_tokens") { builder.usage.cacheRead = count }
        if let count = usage.count("cache_creation_input_tokens") { builder.usage.cacheWrite = count }
    }
}
