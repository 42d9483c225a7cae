import JSON
import Time

/// How a run ended.
struct RunEnd: Sendable, Equatable {
    enum Status: String, Sendable {
        case ok, error, aborted
    }

    var status: Status
    /// When the agent began; nil when it never did.
    var startedAt: Timestamp?
    var endedAt: Timestamp
    /// The answer; of an aborted run, as far as it came.
    var text: String
    /// What of it the transcript does not have already; nil means all of it.
    var lastText: String?
    /// Why there is none.
    var error: String?
    /// Whether it took too long.
    var isTimeout = false
    /// Who answered, and what it cost.
    var provider: String?
    var model: String?
    /// What it took, in all.
    var usage: TokenUsage?
    /// What the last answer took; nil where there was one.
    var lastUsage: TokenUsage?
    /// What the transcript keeps of the answer beside its text.
    var members: JSONObject?
    var sessionID: String?
    /// Whether the transcript keeps it. Default yes.
    var isKept = true

    /// The answer as clients hear of it; nil when nothing was said.
    var message: ChatMessage? {
        guard !text.isEmpty else { return nil }
        guard let lastText, lastText != text else { return message(text, usage, members) }
        // The parts of the last answer are not all that was said.
        var members = members
        members?["content"] = nil
        return message(text, usage, members)
    }

    /// The last answer, as its transcript keeps it; nil when there was none.
    var keptMessage: ChatMessage? {
        let text = lastText ?? text
        guard isKept, !text.isEmpty || members != nil else { return nil }
        return message(text, lastUsage ?? usage, members)
    }

    private func message(_ text: String, _ usage: TokenUsage?, _ members: JSONObject?) -> ChatMessage {
        ChatMessage(
            role: .assistant, text: text, timestamp: endedAt, usage: usage,
            stopReason: status == .ok ? "stop" : status.rawValue, more: members)
    }

    /// The `result` of the method `agent`: what a run is remembered by.
    var result: JSON {
        var meta = JSONObject()
        meta["sessionId"] = sessionID.map(JSON.string)
        meta["provider"] = provider.map(JSON.string)
        meta["model"] = model.map(JSON.string)
        meta["usage"] = usage?.json
        return [
            "payloads": text.isEmpty ? [] : [["text": .string(text), "mediaUrl": .null]],
            "meta": ["durationMs": endedAt.since(startedAt ?? endedAt).json, "agentMeta": .object(meta)],
        ]
    }
}

/// Why a run is to end before it is done.
enum AbortCause: String, Sendable {
    /// A client asked for it.
    case client = "rpc"
    /// A newer message took its place, or too many waited.
    case queue
    /// Somebody wrote `stop`.
    case stopWord = "stop"
    /// The gateway ends.
    case shutdown
}
