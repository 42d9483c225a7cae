import AgentLoop
import Configuration

/// What holds for every turn with a model, whichever service it is at.
struct TurnRules: Sendable {
    /// How far a turn may go.
    var limits = LoopLimits()
    /// When a conversation is summed up.
    var compaction = CompactionSettings()
    /// How much a model thinks where a session does not say; nil leaves that to the service.
    var thinking: String?
}

extension TurnRules {
    /// What `defaults` say.
    init(_ defaults: AgentDefaults) {
        let guardian = defaults.loopGuard
        limits = LoopLimits(
            requests: Int(clamping: guardian.maxRequests), repeats: Int(clamping: guardian.maxRepeats),
            cost: guardian.maxCost)
        compaction = CompactionSettings(
            reserve: max(defaults.compaction.reserveTokens, defaults.compaction.reserveTokensFloor),
            kept: defaults.compaction.keepRecentTokens)
        thinking = defaults.thinkingDefault
    }
}
