public import Time

/// What is told of an answer while it comes in. One `start` at most, and at the end one `done` or `failed`, after which
/// nothing comes.
public enum ModelEvent: Equatable, Sendable {
    /// The service will be asked again, after a pause.
    case retry(ModelRetry)
    /// The first part of an answer comes. From here on the service is not asked again.
    case start
    /// A part begins; parts are counted from 0. Calls of tools may come in beside each other.
    case blockStart(Int, BlockKind)
    /// A part goes on with this text: of a tool call, its arguments.
    case blockDelta(Int, BlockKind, String)
    /// A part is whole.
    case blockEnd(Int, AnswerContent)
    /// The answer is whole.
    case done(ModelAnswer)
    /// There is none, or only this much of it.
    case failed(ModelFailure, partial: ModelAnswer)
}

/// What kind of part one is.
public enum BlockKind: Sendable {
    case text, thinking, toolCall
}

/// The service will be asked again.
public struct ModelRetry: Equatable, Sendable {
    /// How often it was asked, from 1.
    public var attempt: Int
    /// How long the pause is.
    public var pause: TimeSpan
    /// Why.
    public var failure: ModelFailure
}
