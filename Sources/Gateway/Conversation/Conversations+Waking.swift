import Logging
import Text

extension Conversations {
    /// What an agent is asked that is to act on what happened.
    private static let wakeMessage =
        "Something happened that you are told of above. Act on it. If there is nothing to do, answer HEARTBEAT_OK."

    /// Has the agent of `session` act on what it was told, and waits for the end of that turn. Nil when no model answers
    /// there: then what it was told waits for whoever comes.
    func wake(_ session: (key: SessionKey, agentID: String)) async throws -> RunEnd? {
        guard agents.value.named(session.agentID)?.hasModel == true else { return nil }
        var request = RunRequest(
            space: .agent, key: "wake:\(UUIDText.random())", sessionKey: session.key,
            clientSessionKey: session.key.text, agentID: session.agentID, message: Self.wakeMessage)
        request.isOwn = true
        return try await end(of: begin(request))
    }

    /// Has the agent of the session act on what it was told, beside the caller.
    func wakeSoon(_ session: (key: SessionKey, agentID: String)) {
        tasks.start { [self] in
            do {
                _ = try await wake(session)
            } catch is CancellationError {
                // The gateway ends.
            } catch {
                logger.warning(
                    "a session could not be woken", metadata: ["session": "\(session.key)", "error": "\(error)"])
            }
        }
    }
}
