import Configuration
import Time

/// Puts what is asked over HTTP to agents.
struct Questions: Sendable {
    let conversations: Conversations
    let sessions: SessionResolver
    let agents: Current<AgentDirectory>
    let instance: Instance
    let clock: WallClock

    /// The session in which the answer `id` was given. Throws `APIError` when no such answer is known.
    func session(answeredAs id: String) async throws -> SessionKey {
        if id.hasPrefix(ResponsesObject.prefix), let key = try await conversations.session(ofRun: id) { return key }
        throw APIError(
            400, .invalidRequest,
            "there is no response \"\(id)\"; responses are known for a week. Ask without `previous_response_id` to begin a "
                + "conversation", code: "previous_response_not_found")
    }

    /// Puts `question` to its agent. Returns when the message is on disk and the run will be answered.
    func ask(_ question: Question) async throws -> ActiveRun {
        var request = RunRequest(
            space: .agent, key: question.runID, sessionKey: question.sessionKey,
            clientSessionKey: question.sessionKey.text, agentID: question.agentID, message: question.messages.prompt)
        // Who shows the gateway's own secret may do everything.
        request.isByAdmin = true
        request.extraSystemPrompt = question.messages.instructions
        request.images = question.pictures.paths(for: question.runID, in: instance)
        return try await conversations.begin(request, question.pictures)
    }
}
