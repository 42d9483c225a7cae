public import ModelServices
public import Tools

/// What is told of a turn while it goes on.
public enum TurnEvent: Sendable {
    /// The answer that comes in now says this so far, and no more.
    case text(String)
    /// The answer that comes in now goes on with this.
    case textDelta(String)
    /// The model goes on to think this.
    case thinking(String)
    /// A tool is called.
    case toolStart(ToolCall)
    /// What there is of its result so far.
    case toolUpdate(ToolCall, ToolOutput)
    /// What came of it.
    case toolEnd(ToolCall, ToolOutput)
    /// The service takes no tools with this model, which is asked without them from here on.
    case withoutTools
    /// The conversation was to be summed up, and could not be: why.
    case compactionFailed(ModelFailure)
}

/// What a turn's transcript keeps before the turn is over.
public enum TurnEntry: Sendable {
    /// An answer after which the turn goes on, and what it cost.
    case answer(ModelAnswer, ModelCost)
    /// What came of a call.
    case result(ToolResult, ToolOutput)
    /// The conversation was summed up.
    case compaction(Compaction)
}

/// Keeps what happens in a turn, in order.
public protocol TurnJournal: Sendable {
    /// Keeps `entry`, and returns what the transcript calls it when it is on disk. Throws when it cannot be kept.
    func keep(_ entry: TurnEntry) async throws -> String
}

/// Why a turn came to no answer.
public enum TurnFailure: Error, Equatable, Sendable {
    /// The model gave none.
    case model(ModelFailure)
    /// It went too far.
    case stopped(LoopStop)
}
