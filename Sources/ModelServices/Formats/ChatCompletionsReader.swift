import JSON
import Text

/// Reads an answer in the format chat completions.
struct ChatCompletionsReader: AnswerReader {
    var builder: AnswerBuilder
    private(set) var isOver = false
    private var text: Int?
    private var thinking: Int?
    /// The call that is written at each index, and its id as the service gave it.
    private var calls: [Int64: (block: Int, id: String?)] = [:]
    private var lastCall: Int64?

    init(_ source: ModelIdentity) {
        builder = AnswerBuilder(source)
    }

    /// What services call the thoughts of a model.
    private static let thoughtNames = ["reasoning_content", "reasoning", "reasoning_text"]

    mutating func read(_ json: JSON) throws(ModelFailure) {
        try ServiceFault.check(json)
        guard json["choices"] != nil || json["usage"] != nil else { throw .malformed(expected: "choices") }
        if builder.responseID == nil { builder.responseID = json.text("id") }
        note(json["usage"])
        guard let choice = json["choices"]?.array?.first else { return }
        note(choice["usage"])
        if let delta = choice["delta"] { read(delta: delta) }
        try end(choice)
    }

    mutating func read(whole json: JSON) throws(ModelFailure) {
        try ServiceFault.check(json)
        guard let choice = json["choices"]?.array?.first, let message = choice["message"] else {
            throw .malformed(expected: "choices with a message")
        }
        builder.responseID = json.text("id")
        note(json["usage"])
        read(delta: message)
        try end(choice)
        isOver = true
    }

    private mutating func end(_ choice: JSON) throws(ModelFailure) {
        guard let reason = choice.text("finish_reason") else { return }
        isOver = true
        switch reason {
        case "length": builder.stopReason = .length
        case "tool_calls", "function_call": builder.stopReason = .toolUse
        case "content_filter": throw ModelFailure(.withheld, "the service withheld the answer (content_filter)")
        case "error", "network_error": throw ModelFailure(.broken, "the service failed while it answered (\(reason))")
        default: builder.stopReason = .stop
        }
    }

    private mutating func read(delta: JSON) {
        // Some send the same thoughts under two names.
        if let name = Self.thoughtNames.first(where: { delta.text($0) != nil }), let part = delta.text(name) {
            let index = thinking ?? builder.beginThinking(signature: name)
            thinking = index
            builder.append(part, to: index)
        }
        let said = Self.text(of: delta["content"]) + (delta.text("refusal") ?? "")
        if !said.isEmpty {
            endThinking()
            let index = text ?? builder.beginText()
            text = index
            builder.append(said, to: index)
        }
        for (place, call) in (delta["tool_calls"]?.array ?? []).enumerated() { read(call: call, at: place) }
    }

    /// Content is a text, or a list of parts.
    private static func text(of content: JSON?) -> String {
        guard let parts = content?.array else { return content?.string ?? "" }
        return parts.compactMap { $0["type"]?.string == "text" ? $0["text"]?.string : nil }.joined()
    }

    private mutating func endThinking() {
        if let thinking { builder.end(thinking) }
        thinking = nil
    }

    private mutating func read(call: JSON, at place: Int) {
        endThinking()
        if let text { builder.end(text) }
        text = nil
        let function = call["function"]
        let (id, name) = (call.text("id"), function?.text("name"))
        let arguments = Self.arguments(function?["arguments"])
        let index = call["index"]?.integer ?? (id == nil && name == nil ? lastCall : nil) ?? Int64(place)
        if let known = calls[index], !isAnother(id, name, than: known) {
            if let name { builder.name(known.block, name) }
            builder.append(arguments, to: known.block)
            if let id, known.id == nil { calls[index] = (known.block, id) }
        } else {
            if let known = calls[index] { builder.end(known.block) }
            let block = builder.beginToolCall(id: id ?? "call_\(UUIDText.random())", name: name ?? "")
            calls[index] = (block, id)
            builder.append(arguments, to: block)
        }
        lastCall = index
    }

    /// Whether what has this id and name is another call than `known`: its id is another, or, where no id is said, a tool is
    /// named again after the arguments were whole.
    private func isAnother(_ id: String?, _ name: String?, than known: (block: Int, id: String?)) -> Bool {
        if let id, let knownID = known.id { return id != knownID }
        guard id == nil, name != nil else { return false }
        let text = builder.text(of: known.block)
        return (try? JSON(parsing: Array(text.utf8)))?.object != nil
    }

    /// Some servers send the arguments as an object instead of its text.
    private static func arguments(_ json: JSON?) -> String {
        switch json {
        case .string(let text): text
        case .object: json?.text() ?? ""
        case .null, .bool, .integer, .double, .array, nil: ""
        }
    }

    private mutating func note(_ usage: JSON?) {
        guard let usage, usage.object != nil else { return }
        let read = usage.count("prompt_tokens") ?? 0
        let cached = min(read, usage.count("prompt_tokens_details", "cached_tokens") ?? 0)
        builder.usage = ModelUsage(
            input: read - cached, output: usage.count("completion_tokens") ?? 0, cacheRead: cached)
    }
}
