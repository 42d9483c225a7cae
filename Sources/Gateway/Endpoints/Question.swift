import Configuration
import GatewayProtocol
import JSON
import Text

/// What somebody asks an agent over HTTP.
struct Question {
    var agentID: String
    var sessionKey: SessionKey
    var messages: FoldedMessages
    var pictures: Attachments
    var runID: String

    /// - Parameters:
    ///   - asked: what the request asks. When it says who does, the conversation is theirs, else it has one turn.
    ///   - kind: what sessions of this endpoint are called by.
    ///   - previous: the session of the answer that the request goes on from; nil where it names none.
    ///
    /// Throws `APIError` when there is no such agent, `ProtocolError` when a picture cannot be taken.
    init(
        _ request: EndpointRequest, _ asked: AnswerRequest, kind: String, continuing previous: SessionKey?,
        runID: String, to questions: Questions
    ) throws {
        messages = asked.messages
        pictures = try Attachments(asked.pictures)
        self.runID = runID
        let named = request.ownHeader("agent-id") ?? Self.agent(in: asked.model)
        let agents = questions.agents.value
        let agentID = named.map(IdentifierText.agent) ?? agents.defaultID
        let alias: String
        if let key = request.ownHeader("session-key") {
            alias = key
        } else if let previous {
            alias = previous.text
        } else if let user = asked.user?.trimmed, !user.isEmpty {
            alias = "agent:\(agentID):\(kind)-user:\(user)"
        } else {
            alias = "agent:\(agentID):\(kind):\(UUIDText.random())"
        }
        (sessionKey, self.agentID) = questions.sessions.session(alias, agent: agentID)
        guard previous == nil || previous == sessionKey else {
            throw APIError.invalid(
                "`previous_response_id` is an answer in the session \"\(previous?.text ?? "")\", and the header names "
                    + "\"\(sessionKey)\"")
        }
        guard named == nil || self.agentID == agentID else {
            throw APIError.invalid(
                "the session \"\(sessionKey)\" is of the agent \"\(self.agentID)\", not of \"\(agentID)\"")
        }
        guard agents.named(self.agentID) != nil else {
            let known = agents.all.map { "\"\($0.id)\"" }.joined(separator: ", ")
            throw APIError(
                404, .invalidRequest, "there is no agent \"\(self.agentID)\"; there are \(known)",
                code: "model_not_found")
        }
    }

    /// The agent `model` names: `mazelclaw:ID`, also with a slash and in the spellings of the programs before this one,
    /// or `agent:ID`. Nil for any other model, which means the default agent: it has models of its own.
    static func agent(in model: String) -> String? {
        let model = model.trimmed
        let programs = ["agent:"] + ProductName.all.flatMap { ["\($0):", "\($0)/"] }
        guard let program = programs.first(where: model.lowercased().hasPrefix) else { return nil }
        let id = String(model.dropFirst(program.count)).trimmed
        return id.isEmpty ? nil : id
    }
}
