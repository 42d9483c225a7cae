/// `agents.defaults.compaction`: how a long conversation is summed up.
public struct CompactionSection: ConfigurationSection {
    /// `reserveTokens`. How much of a model's context is kept free for its answer, in tokens.
    public var reserveTokens: Int64 = 16_384
    /// `reserveTokensFloor`. At least so much, whatever `reserveTokens` says.
    public var reserveTokensFloor: Int64 = 0
    /// `keepRecentTokens`. About how much of the newest part stays as it is, in tokens.
    public var keepRecentTokens: Int64 = 20_000

    static let settings: [Setting<CompactionSection>] = [
        Setting(unserved: "mode", .words("default", "safeguard"), "How the original gateway has the summary written."),
        Setting(
            "reserveTokens", \.reserveTokens, .natural,
            "How much of a model's context is kept free for its answer, in tokens; of a small context, no more than a quarter."
        ),
        Setting(
            "reserveTokensFloor", \.reserveTokensFloor, .natural, "At least so much, whatever reserveTokens says."),
        Setting(
            "keepRecentTokens", \.keepRecentTokens, .natural,
            "About how much of the newest part of a conversation stays as it is, in tokens."),
        Setting(unserved: "maxHistoryShare", .number(0.1, 0.9), "The share of the context for what was said."),
        Setting(
            unserved: "memoryFlush",
            .object([
                "enabled": .boolean, "softThresholdTokens": .natural, "prompt": .string, "systemPrompt": .string,
            ]), "Whether the agent writes down what it is to remember first."),
    ]
}

/// `agents.defaults.loopGuard`: how far one run may go before it is stopped.
public struct LoopGuardSection: ConfigurationSection {
    /// `maxRequests`. How often the model is asked.
    public var maxRequests: Int64 = 60
    /// `maxRepeats`. How often in a row the same call of a tool may bring the same result.
    public var maxRepeats: Int64 = 5
    /// `maxCost`. What it may cost, in US dollars.
    public var maxCost: Double = 5

    static let settings: [Setting<LoopGuardSection>] = [
        Setting(
            "maxRequests", \.maxRequests, .natural,
            "How often the model is asked in one run; 0 means as often as it likes."),
        Setting(
            "maxRepeats", \.maxRepeats, .natural,
            "How often in a row the same call of a tool may bring the same result; 0 means as often as it likes."),
        Setting(
            "maxCost", \.maxCost, .number(0, 1_000_000),
            "What one run may cost, in US dollars, where prices are configured; 0 means whatever it costs."),
    ]
}
