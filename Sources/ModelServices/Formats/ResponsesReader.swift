import JSON
import Text

/// Reads an answer in the format Responses.
struct ResponsesReader: AnswerReader {
    var builder: AnswerBuilder
    private(set) var isOver = false
    /// The part each item of the output became.
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
        case "response.created", "response.in_progress", "response.queued":
            builder.responseID = json["response"]?.text("id")
        case "response.output_item.added": begin(json["item"], at: index(of: json))
        case "response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta",
            "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
            guard let block = blocks[index(of: json)] else { throw .malformed(expected: "an item before its text") }
            builder.append(json["delta"]?.string ?? "", to: block)
        case "response.reasoning_summary_part.added":
            // A summary has several paragraphs.
            if let block = blocks[index(of: json)], !builder.text(of: block).isEmpty {
                builder.append("\n\n", to: block)
            }
        case "response.output_item.done": end(json["item"], at: index(of: json))
        case "response.completed", "response.incomplete", "response.failed", "response.cancelled":
            try end(json["response"] ?? .null)
        case "error": throw ServiceFault(json)?.failure() ?? .malformed(expected: "what failed")
        // Services add kinds of events that say nothing here.
        default: break
        }
    }

    mutating func read(whole json: JSON) throws(ModelFailure) {
        try ServiceFault.check(json)
        guard let output = json["output"]?.array else { throw .malformed(expected: "output") }
        for (index, item) in output.enumerated() {
            begin(item, at: Int64(index))
            end(item, at: Int64(index))
        }
        try end(json)
    }

    private func index(of json: JSON) -> Int64 { json["output_index"]?.integer ?? 0 }

    // MARK: Items

    private mutating func begin(_ item: JSON?, at index: Int64) {
        guard let item, blocks[index] == nil else { return }
        switch item["type"]?.string {
        case "message": blocks[index] = builder.beginText()
        case "reasoning": blocks[index] = builder.beginThinking()
        case "function_call":
            let call = item.text("call_id") ?? "call_\(UUIDText.random())"
            let id = [call, item.text("id")].compactMap(\.self).joined(separator: "|")
            blocks[index] = builder.beginToolCall(id: id, name: item.text("name") ?? "")
        default: break
        }
    }

    /// An item is whole. What was not sent in pieces is taken from it.
    private mutating func end(_ item: JSON?, at index: Int64) {
        begin(item, at: index)
        guard let item, let block = blocks[index] else { return }
        let isNew = builder.text(of: block).isEmpty
        switch item["type"]?.string {
        case "message":
            if isNew {
                let parts = item["content"]?.array ?? []
                builder.append(
                    parts.compactMap { $0["text"]?.string ?? $0["refusal"]?.string }.joined(), to: block)
            }
            if let id = item.text("id") { builder.sign(block, id) }
        case "reasoning":
            if isNew {
                let summary = (item["summary"]?.array ?? []).compactMap { $0["text"]?.string }
                let whole = (item["content"]?.array ?? []).compactMap { $0["text"]?.string }
                builder.append((summary.isEmpty ? whole : summary).joined(separator: "\n\n"), to: block)
            }
            // The model takes its own thoughts back only as the item they came in.
            if item.text("encrypted_content") != nil { builder.sign(block, item.text()) }
        case "function_call":
            if isNew { builder.append(item["arguments"]?.string ?? "", to: block) }
        default: break
        }
        builder.end(block)
    }

    // MARK: The end

    private mutating func end(_ response: JSON) throws(ModelFailure) {
        if let id = response.text("id") { builder.responseID = id }
        if let usage = response["usage"], usage.object != nil {
            let read = usage.count("input_tokens") ?? 0
            let cached = min(read, usage.count("input_tokens_details", "cached_tokens") ?? 0)
            builder.usage = ModelUsage(
                input: read - cached, output: usage.count("output_tokens") ?? 0, cacheRead: cached)
        }
        switch response["status"]?.string {
        case "failed", "cancelled":
            throw ServiceFault(response)?.failure()
                ?? ModelFailure(.broken, "the service failed while it answered, and does not say why")
        case "incomplete":
            guard response["incomplete_details"]?["reason"]?.string != "content_filter" else {
                throw ModelFailure(.withheld, "the service withheld the answer (content_filter)")
            }
            builder.stopReason = .length
        default: builder.stopReason = .stop
        }
        isOver = true
    }
}
