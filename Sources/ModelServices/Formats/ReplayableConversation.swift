import JSON

/// A conversation in the form in which it may be sent to one model.
///
/// A service refuses every later request once a conversation holds a call without its result, a result without its call, or
/// something signed by another model. So turns that failed or were aborted are left out with the results of their calls;
/// what was signed goes to the model that signed it alone; a call that was never carried out gets a result that says so; ids
/// of calls are rewritten to what the service allows.
struct ReplayableConversation {
    /// The messages, oldest first. No two of the user's follow each other, and a call's result follows the call's message.
    private(set) var messages: [ModelMessage] = []

    init(_ messages: [ModelMessage], for model: ModelDescription, of service: ServiceDescription) {
        let identity = ModelIdentity(provider: service.id, model: model.id, format: model.format)
        let rule = ToolCallIDs(format: model.format, address: service.address)
        var index = messages.startIndex
        while index < messages.endIndex {
            switch messages[index] {
            case .user(let content): addUser(Self.plain(content, for: model))
            // Of a call that was left out, or that is none of the message before it.
            case .toolResult: break
            case .assistant(let answer) where answer.stopReason.isComplete:
                let following = messages[(index + 1)...].prefix { message in
                    if case .assistant(let other) = message { !other.stopReason.isComplete } else { true }
                }
                addAnswer(answer, followedBy: following, for: model, identity, rule)
            case .assistant: break
            }
            index += 1
        }
    }

    private mutating func addUser(_ content: [InputContent]) {
        guard !content.isEmpty else { return }
        if case .user(let earlier) = messages.last {
            messages[messages.count - 1] = .user(earlier + content)
        } else {
            messages.append(.user(content))
        }
    }

    private mutating func addAnswer(
        _ answer: ModelAnswer, followedBy following: ArraySlice<ModelMessage>, for model: ModelDescription,
        _ identity: ModelIdentity, _ rule: ToolCallIDs
    ) {
        let isOwn = answer.source == identity
        var replayed = answer
        replayed.content = answer.content.compactMap { part in
            switch part {
            case .text(var text):
                if !isOwn { text.signature = nil }
                return text.text.isBlank ? nil : .text(text)
            case .thinking: return isOwn ? part : nil
            case .toolCall(var call):
                call.id = rule.id(call.id, isOwn: isOwn)
                return .toolCall(call)
            }
        }
        guard !replayed.content.isEmpty else { return }
        messages.append(.assistant(replayed))
        for call in answer.toolCalls {
            let result = following.lazy.compactMap { message -> ToolResult? in
                if case .toolResult(let result) = message, result.callID == call.id { result } else { nil }
            }.first
            var replayed =
                result
                ?? ToolResult(
                    callID: call.id, toolName: call.name, content: [.text("This call was not carried out.")],
                    isError: true)
            replayed.callID = rule.id(call.id, isOwn: isOwn)
            replayed.content = Self.plain(replayed.content, for: model)
            messages.append(.toolResult(replayed))
        }
    }

    /// `content` without what says nothing, and without pictures for a model that takes none.
    private static func plain(_ content: [InputContent], for model: ModelDescription) -> [InputContent] {
        content.compactMap { part in
            switch part {
            case .text(let text): text.isBlank ? nil : part
            case .image: model.takesImages ? part : .text("[a picture, which this model does not take]")
            }
        }
    }
}

extension String {
    /// Whether nothing but blanks stands in it.
    fileprivate var isBlank: Bool { !contains { !$0.isWhitespace } }
}

/// What a service allows as the id of a tool call.
///
/// An id that it does not allow becomes another that depends on it alone, so that a call and its result, in this request and
/// later ones, stay together.
struct ToolCallIDs {
    private enum Rule {
        /// Letters, digits, `_` and `-`, at most so many.
        case word(limit: Int)
        /// Nine letters and digits.
        case nine
        /// Two ids, `call|item`, to the model that made them; a word to others.
        case pair
    }

    private let rule: Rule

    init(format: WireFormat, address: ServiceAddress) {
        rule =
            switch format {
            case .messages: .word(limit: 64)
            case .responses: .pair
            case .chatCompletions: address.isWithin("mistral.ai") ? .nine : .word(limit: 40)
            }
    }

    /// The id of the call `id`, which this model made itself when `isOwn`.
    func id(_ id: String, isOwn: Bool) -> String {
        switch rule {
        case .pair: isOwn ? id : word(Self.call(id), limit: 64)
        case .word(let limit): word(Self.call(id), limit: limit)
        case .nine:
            id.utf8.count == 9 && id.utf8.allSatisfy(Self.isAlphanumeric) ? id : Self.digits(of: id, count: 9)
        }
    }

    /// The first of two ids.
    static func call(_ id: String) -> String { id.split(separator: "|").first.map(String.init) ?? id }

    /// The second of two ids; nil when there is one alone.
    static func item(_ id: String) -> String? {
        let parts = id.split(separator: "|", maxSplits: 1)
        return parts.count == 2 ? String(parts[1]) : nil
    }

    private func word(_ id: String, limit: Int) -> String {
        let isAllowed = id.utf8.allSatisfy { byte in
            Self.isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard !isAllowed || id.isEmpty || id.utf8.count > limit else { return id }
        return "call_\(Self.digits(of: id, count: 24))"
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    /// Letters and digits that stand for `text`: two FNV-1a hashes of 64 bits (RFC 9923), in base 36.
    private static func digits(of text: String, count: Int) -> String {
        func hash(_ seed: UInt64) -> UInt64 {
            text.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
        let first = hash(0xCBF2_9CE4_8422_2325)
        let all = [first, hash(first)].map { number in
            let digits = String(number, radix: 36)
            return String(repeating: "0", count: 13 - digits.utf8.count) + digits
        }
        // The last digits of each: the first ones of a number of 64 bits are not evenly spread.
        return String((all[0].suffix(12) + all[1].suffix(12)).suffix(count))
    }
}
