public import JSON

/// Something that a model can have done.
///
/// A tool knows what it needs to do its work, which it was given when it was made, and nothing of models, conversations or
/// clients. Who calls it says for whom in a `ToolContext`.
public protocol Tool: Sendable {
    /// What models call it: letters, digits, `_` and `-`, at most 64.
    var name: String { get }
    /// What it does, and when it is of use: for the model, a sentence or two.
    var summary: String { get }
    /// What it takes: a JSON Schema of an object.
    var parameters: JSON { get }

    /// Does what is asked with `arguments`, and returns what came of it.
    ///
    /// A failure that the model can do something about is an output with `isError`, or thrown: the model is told what the
    /// error says of itself. Ends early, leaves nothing behind and throws `CancellationError` when its task is cancelled.
    func call(_ arguments: JSONObject, in context: ToolContext) async throws -> ToolOutput
}
