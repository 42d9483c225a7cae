public import JSON

/// What a model answered, whole or as far as it came.
public struct ModelAnswer: Equatable, Sendable {
    /// Its parts, in order.
    public var content: [AnswerContent]
    /// Who answered.
    public var source: ModelIdentity
    /// What the service counted.
    public var usage: ModelUsage
    /// Why it ended.
    public var stopReason: StopReason
    /// What the service calls this answer; nil when it says nothing.
    public var responseID: String?

    /// An answer of `source`.
    public init(
        _ content: [AnswerContent], from source: ModelIdentity, usage: ModelUsage = ModelUsage(),
        stopReason: StopReason, responseID: String? = nil
    ) {
        self.content = content
        self.source = source
        self.usage = usage
        self.stopReason = stopReason
        self.responseID = responseID
    }

    /// What it says, without what is no text.
    public var text: String {
        content.reduce(into: "") { text, part in
            if case .text(let more) = part { text += more.text }
        }
    }

    /// The tools it wants called, in order.
    public var toolCalls: [ToolCall] {
        content.compactMap { part in
            if case .toolCall(let call) = part { call } else { nil }
        }
    }
}

/// A part of an answer.
public enum AnswerContent: Equatable, Sendable {
    /// Text for the user.
    case text(AnswerText)
    /// What the model thought.
    case thinking(Thinking)
    /// A tool it wants called.
    case toolCall(ToolCall)
}

/// Text for the user.
public struct AnswerText: Equatable, Sendable {
    /// What the model wrote.
    public var text: String
    /// What the service knows it by. Says something to the model that made it alone.
    public var signature: String?

    /// The text `text`.
    public init(_ text: String, signature: String? = nil) {
        self.text = text
        self.signature = signature
    }
}

/// What a model thought before it answered.
public struct Thinking: Equatable, Sendable {
    /// The thoughts, or a summary; empty when the service tells none.
    public var text: String
    /// What proves them, or holds them encrypted. Says something to the model that made it alone.
    public var signature: String?
    /// Whether the service tells nothing but `signature`.
    public var isRedacted: Bool

    /// The thoughts `text`.
    public init(_ text: String, signature: String? = nil, isRedacted: Bool = false) {
        self.text = text
        self.signature = signature
        self.isRedacted = isRedacted
    }
}

/// A tool that a model wants called.
public struct ToolCall: Equatable, Sendable {
    /// What the model calls this call. The format Responses has two ids for it, which stand here as `call|item`.
    public var id: String
    /// The tool.
    public var name: String
    /// What the tool is to be given: an object.
    public var arguments: JSONObject
    /// What the model wrote instead of an object; nil when it wrote one. Such a call must not be carried out.
    public var malformedArguments: String?

    /// A call of the tool `name`.
    public init(id: String, name: String, arguments: JSONObject, malformedArguments: String? = nil) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.malformedArguments = malformedArguments
    }

    /// A call with `text` for its arguments. Nothing at all stands for an object without members.
    init(id: String, name: String, text: String) {
        self.id = id
        self.name = name
        if text.utf8.allSatisfy({ $0 <= UInt8(ascii: " ") }) {
            arguments = JSONObject()
        } else if let object = (try? JSON(parsing: Array(text.utf8)))?.object {
            arguments = object
        } else {
            arguments = JSONObject()
            malformedArguments = text
        }
    }
}

/// Why an answer ended, as transcripts spell it.
public enum StopReason: String, Sendable, CaseIterable {
    /// The model was done.
    case stop
    /// It may not say more.
    case length
    /// It waits for the results of its calls.
    case toolUse
    /// Something failed.
    case error
    /// Whoever asked wanted no more of it.
    case aborted

    /// Whether the answer is whole as far as it goes, so that a conversation may be continued with it.
    public var isComplete: Bool {
        switch self {
        case .stop, .length, .toolUse: true
        case .error, .aborted: false
        }
    }
}
