public import JSON

/// What a model is asked.
public struct ModelRequest: Sendable {
    /// What it is told before everything else. A service keeps it in its cache only while it stays the same byte for byte,
    /// so what changes from turn to turn belongs into the messages. Nil means nothing.
    public var systemPrompt: String?
    /// The conversation, oldest first. What may not be sent again is left out when the request is written; see
    /// `Conversation.replayable`.
    public var messages: [ModelMessage]
    /// The tools it may call.
    public var tools: [ModelTool]
    /// How it is to answer.
    public var parameters: ModelParameters

    /// A request that `messages` be answered.
    public init(
        systemPrompt: String? = nil, messages: [ModelMessage], tools: [ModelTool] = [],
        parameters: ModelParameters = ModelParameters()
    ) {
        self.systemPrompt = systemPrompt
        self.messages = messages
        self.tools = tools
        self.parameters = parameters
    }
}

/// How a model is to answer.
public struct ModelParameters: Sendable {
    /// How much it thinks first; nil leaves that to the service.
    public var effort: ReasoningEffort?
    /// The most tokens it may write; nil means as many as the model's `maxTokens`.
    public var maxTokens: Int64?
    /// How much chance there is in it; nil leaves that to the service. Usually 0 to 2.
    public var temperature: Double?
    /// Whether the answer is sent piece by piece. Default true; some local servers lose tool calls that way.
    public var isStreaming = true
    /// More members of the request, for one service alone. They count more than those made here.
    public var more = JSONObject()

    /// As the service does it by itself.
    public init() {}
}

/// How much a model thinks before it answers.
public enum ReasoningEffort: String, Sendable, CaseIterable {
    case minimal, low, medium, high, xhigh
}

/// A model of a service, as the configuration describes it.
public struct ModelDescription: Sendable {
    /// What the service calls it.
    public var id: String
    /// A name for people.
    public var name: String
    /// How it is spoken to.
    public var format: WireFormat
    /// Whether it can be told how much to think. Default false.
    public var isReasoning = false
    /// Whether it takes pictures. Default false.
    public var takesImages = false
    /// What it costs.
    public var price = ModelPrice()
    /// How many tokens it reads and writes at most; nil when nobody says.
    public var contextWindow: Int64?
    /// How many tokens it writes at most; nil when nobody says.
    public var maxTokens: Int64?
    /// More header fields of a request.
    public var headers: [String: String] = [:]
    /// What the service bears.
    public var compatibility = ModelCompatibility()

    /// The model `id`.
    public init(id: String, name: String? = nil, format: WireFormat) {
        self.id = id
        self.name = name ?? id
        self.format = format
    }
}

/// What a service of the format chat completions bears; nil where its address decides. Only OpenAI's own is then taken to
/// bear what others may refuse.
public struct ModelCompatibility: Equatable, Sendable {
    /// Whether it knows `store`.
    public var hasStore: Bool?
    /// Whether it knows the role `developer`.
    public var hasDeveloperRole: Bool?
    /// Whether it knows `reasoning_effort`.
    public var hasReasoningEffort: Bool?
    /// What it calls the most tokens that may be written: `max_completion_tokens` or `max_tokens`.
    public var maxTokensName: String?

    /// As the address says.
    public init() {}
}
