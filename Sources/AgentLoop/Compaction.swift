public import ModelServices

/// The older part of a conversation, summed up.
public struct Compaction: Equatable, Sendable {
    /// What was said, in short.
    public var summary: String
    /// The id of the first message that is not summed up.
    public var firstKeptID: String
    /// About how many tokens the conversation took before.
    public var tokensBefore: Int64
    /// What it took to sum it up.
    public var usage: ModelUsage
    /// What that cost, in US dollars.
    public var cost: ModelCost
}

/// When a conversation is summed up, and how much of it stays as it is.
public struct CompactionSettings: Equatable, Sendable {
    /// How much of a model's context is kept free for its answer, in tokens. Default 16,384.
    public var reserve: Int64
    /// About how much of the newest part stays as it is, in tokens. Default 20,000.
    public var kept: Int64

    /// These numbers of tokens.
    public init(reserve: Int64 = 16_384, kept: Int64 = 20_000) {
        self.reserve = reserve
        self.kept = kept
    }

    /// The same for a model whose context is `window` tokens: of a small one, no more than a quarter is kept free, and of the
    /// rest no more than half stays.
    func fitted(to window: Int64) -> CompactionSettings {
        let reserve = min(reserve, window / 4)
        return CompactionSettings(reserve: reserve, kept: min(kept, (window - reserve) / 2))
    }
}

extension ModelContext {
    /// Where it may be cut so that about `tokens` of it stay: the place of the first message that does. A call stays with its
    /// result. Nil when nothing would be cut off.
    func cut(keeping tokens: Int64) -> Int? {
        var place = entries.endIndex
        var count: Int64 = 0
        while place > entries.startIndex, count < tokens {
            place -= 1
            count += TokenEstimate.count(entries[place].message)
        }
        guard place < entries.endIndex else { return nil }
        while place > entries.startIndex, entries[place].message.isToolResult { place -= 1 }
        return place > entries.startIndex ? place : nil
    }
}
