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
    var hasModel: Bool { models.contains { $0.provider != Operator.id } }
}

/// A model, and who provides it: `provider/model`, or a provider alone.
struct ModelName: Sendable, Equatable, CustomStringConvertible {
    /// A CLI backend's id, or `operator`.
    var provider: String
    /// What the provider calls it; nil leaves the choice to it.
    var model: String?

    init(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        provider = parts.first.map { String($0).trimmed } ?? ""
        model = parts.count > 1 ? String(parts[1]).trimmed : nil
    }

    /// `provider/model`.
    var description: String { [provider, model].compactMap(\.self).joined(separator: "/") }
}
