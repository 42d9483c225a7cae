public import JSON
public import Time

/// `agents.defaults`: what counts for every agent that says nothing else itself.
public struct AgentDefaults: ConfigurationSection {
    /// `workspace`, as it was written.
    public var workspace: String?
    /// `skipBootstrap`. Put no files into a new workspace.
    public var skipBootstrap = false
    /// `bootstrapMaxChars`. The most of each workspace file an agent is told.
    public var bootstrapMaxChars: Int64 = 20_000
    /// `model`. The model that answers, and those that are tried when it does not.
    public var model = ModelSelection()
    /// `models`: names and parameters for models, by `provider/model`.
    public var models: [String: ModelEntry] = [:]
    /// `cliBackends`, by id.
    public var cliBackends: [String: CLIBackendSection] = [:]
    /// `thinkingDefault`. How much a model thinks before it answers.
    public var thinkingDefault: String?
    /// `verboseDefault`. Whether clients see what tools do.
    public var verboseDefault: String?
    /// `compaction`. How a long conversation is summed up.
    public var compaction = CompactionSection()
    /// `loopGuard`. How far one run may go.
    public var loopGuard = LoopGuardSection()
    /// `timeoutSeconds`. How long a run may take, in seconds.
    public var timeout = TimeSpan(600, .seconds)
    /// `maxConcurrent`. How many runs there may be at a time.
    public var maxConcurrent: Int64 = 4
    /// `heartbeat`. When agents look for work by themselves.
    public var heartbeat = HeartbeatSection()

    static let settings: [Setting<AgentDefaults>] = [
        Setting("model", \.model, "The model."),
        Setting(
            unserved: "imageModel", .object(["primary": .string, "fallbacks": .strings]),
            "The model for images, when the other cannot see."),
        Setting("models", \.models, "Names and parameters of models, by provider/model."),
        Setting("workspace", \.workspace, "The workspace: an absolute path, or one that begins with ~."),
        Setting(unserved: "repoRoot", .string, "The repository agents are told about."),
        Setting("skipBootstrap", \.skipBootstrap, "Put no files into a new workspace."),
        Setting(
            "bootstrapMaxChars", \.bootstrapMaxChars, .positive, "The most of each workspace file an agent is told."),
        Setting(unserved: "userTimezone", .string, "The time zone agents are told."),
        Setting(unserved: "timeFormat", .words("auto", "12", "24"), "How agents are told the time."),
        Setting(unserved: "envelopeTimezone", .string, "The time zone of the times of messages."),
        Setting(unserved: "envelopeTimestamp", onOff, "Whether agents are told the time of each message."),
        Setting(unserved: "envelopeElapsed", onOff, "Whether agents are told the time since the last message."),
        Setting(unserved: "contextTokens", .positive, "How much of a conversation a model is given."),
        Setting("cliBackends", \.cliBackends, "Programs of this host that answer, by id."),
        Setting(unserved: "memorySearch", .memorySearch, "How agents find what they remember."),
        Setting(unserved: "contextPruning", .contextPruning, "What is left out of a long conversation."),
        Setting("compaction", \.compaction, "How a long conversation is summed up."),
        Setting("loopGuard", \.loopGuard, "How far one run may go before it is stopped."),
        Setting(
            "thinkingDefault", \.thinkingDefault, .words("off", "minimal", "low", "medium", "high", "xhigh"),
            "How much a model of a service thinks before it answers."),
        Setting(
            "verboseDefault", \.verboseDefault, .words("off", "on", "full"),
            "Whether clients see that tools are called (on), and also what comes of it (full), where a session does not say."
        ),
        Setting(unserved: "elevatedDefault", .words("off", "on", "ask", "full"), "Commands outside the container."),
        Setting(unserved: "blockStreamingDefault", .words("off", "on"), "Whether answers come in blocks."),
        Setting(unserved: "blockStreamingBreak", .words("text_end", "message_end"), "Where a block ends."),
        Setting(
            unserved: "blockStreamingChunk",
            .object([
                "minChars": .positive, "maxChars": .positive,
                "breakPreference": .words("paragraph", "newline", "sentence"),
            ]), "How long a block is."),
        Setting(
            unserved: "blockStreamingCoalesce",
            .object(["minChars": .positive, "maxChars": .positive, "idleMs": .natural]), "How blocks are joined."),
        Setting(unserved: "humanDelay", .humanDelay, "Pauses between messages."),
        Setting(
            "timeoutSeconds", \.timeout, .seconds, TimeSpan(1, .seconds) ... .longestWait,
            "How long a run may take, in seconds."),
        Setting(unserved: "mediaMaxMb", .positiveNumber, "The largest media, in MB."),
        Setting(unserved: "typingIntervalSeconds", .positive, "Between two signs of typing."),
        Setting(unserved: "typingMode", .typingMode, "When signs of typing begin."),
        Setting("heartbeat", \.heartbeat, "When agents look for work by themselves."),
        Setting("maxConcurrent", \.maxConcurrent, .positive, "How many runs there may be at a time."),
        Setting(
            unserved: "subagents",
            .object(["maxConcurrent": .positive, "archiveAfterMinutes": .positive, "model": ModelChoice.schema]),
            "Agents started by agents."),
        Setting(unserved: "sandbox", .sandbox, "The containers of the original gateway."),
    ]

    private static let onOff = ConfigurationSchema.words("on", "off")
}

/// A model, and others for when it fails.
public struct ModelSelection: ConfigurationSection {
    /// `primary`, as `provider/model`.
    public var primary: String?
    /// `fallbacks`. Those tried after it, in order.
    public var fallbacks: [String] = []

    static let settings: [Setting<ModelSelection>] = [
        Setting("primary", \.primary, "The model, as provider/model."),
        Setting("fallbacks", \.fallbacks, "Those tried after it, in order."),
    ]
}

/// What is said of one model.
public struct ModelEntry: ConfigurationSection {
    /// `alias`. A shorter name.
    public var alias: String?
    /// `params`.
    public var parameters: JSON?

    static let settings: [Setting<ModelEntry>] = [
        Setting("alias", \.alias, "A shorter name.").unserved,
        Setting(
            "params", \.parameters, .anyObject,
            "Members of each request to the model's service, as in {\"temperature\": 0.2}. With {\"stream\": false} the answer "
                + "comes in one piece, for servers that lose tool calls when they stream."),
    ]
}

extension ConfigurationSchema {
    /// When signs of typing begin.
    static let typingMode = words("never", "instant", "thinking", "message")
}
