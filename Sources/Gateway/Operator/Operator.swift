import AgentLoop
import Configuration
import GatewayProtocol
import Policy
import Text

/// The agent that answers when no model is configured: a few commands about this instance, answered by a fixed
/// program from what it can see.
struct Operator: Responder {
    /// What models call it.
    static let id = ModelName.operatorProvider

    let sources: OperatorSources
    var id: String { Self.id }

    func answer(_ turn: Turn, tell: @escaping @Sendable (TurnEvent) -> Void) async throws -> Reply {
        Reply(text: try await text(for: turn), provider: id)
    }

    private func text(for turn: Turn) async throws -> String {
        let message = turn.message.trimmed
        guard message.hasPrefix("/") else { return notAModel(turn.agent) }
        let word = message.dropFirst().prefix { !$0.isWhitespace }.lowercased()
        guard let command = OperatorCommand.all.first(where: { $0.name == word }) else {
            let nearest = Suggestion.nearest(to: word, among: OperatorCommand.all.map(\.name))
            let hint = nearest.map { " Did you mean /\($0)?" } ?? ""
            return "There is no command /\(word).\(hint) /help lists those there are."
        }
        guard turn.isByAdmin || !command.isForAdmins else {
            return "/\(command.name) needs the scope \(Scope.admin.rawValue), which who asked does not have."
        }
        let argument = String(message.dropFirst(1 + word.count)).trimmed
        return try await command.answer(OperatorRequest(sources: sources, argument: argument))
    }

    /// What prose is answered.
    private func notAModel(_ agent: Agent) -> String {
        let instance = sources.configuration.value.instance
        let chosen =
            agent.models.isEmpty
            ? "No model is configured for the agent \"\(agent.id)\", so nobody here can answer prose"
            : "The agent \"\(agent.id)\" is set to the operator, which answers no prose"
        return """
            \(chosen). I am the operator of this gateway: a fixed program that knows a few commands about the profile \
            "\(instance.name)". /help lists them.

            To have a model answer, describe a program of this host under agents.defaults.cliBackends in \
            \(instance.configurationFile.value), and name it in agents.defaults.model.primary.
            """
    }
}
