import Configuration
import Policy

/// Somebody who answers, with a workspace of their own.
struct Agent: Sendable {
    /// Part of session keys and directory names.
    var id: String
    /// A name for people.
    var name: String?
    /// Where it works.
    var workspace: AbsolutePath
    /// Its models, in the order they are tried. None: the operator answers.
    var models: [ModelName] = []
    /// What it looks like.
    var picture: AgentPicture?
    /// Whether somebody else than the operator may answer.
    var hasModel: Bool { models.contains { !$0.isOperator } }
}
