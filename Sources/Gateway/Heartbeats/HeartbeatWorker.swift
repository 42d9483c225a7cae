import Configuration
import GatewayProtocol
import Logging
import Text
import Time

/// Has agents look for work.
struct HeartbeatWorker: Sendable {
    let conversations: Conversations
    let sessions: SessionResolver
    let agents: Current<AgentDirectory>
    let messenger: Messenger
    /// What is being answered.
    let runs: RunTable
    let systemEvents: SystemEvents
    let clients: Clients
    let tasks: TaskSet
    let clock: WallClock
    let logger: Logger

    /// Has the agent of `heartbeat` look for work, and waits for its answer.
    func beat(_ heartbeat: Heartbeat) async throws -> HeartbeatOutcome {
        guard let agent = agents.value.named(heartbeat.agentID), heartbeat.model != nil || agent.hasModel else {
            return .none
        }
        do throws(ActiveHours.UnknownZone) {
            guard try heartbeat.hours?.contain(clock.now) ?? true else { return .none }
        } catch {
            return .failed(
                "heartbeat.activeHours.timezone: this host knows no time zone \"\(error.name)\"; expected a name like "
                    + "\"Europe/Berlin\", or \"local\"")
        }
        let session = sessions.session(heartbeat.session ?? "main", agent: agent.id)
        guard !runs.open.contains(where: { $0.request.sessionKey == session.key }) else { return .busy }
        guard
            !systemEvents.waiting(for: session.key.text).isEmpty || AgentWorkspace(agent.workspace).hasHeartbeatTasks
        else { return .idle }
        var request = RunRequest(
            space: .agent, key: "heartbeat:\(UUIDText.random())", sessionKey: session.key,
            clientSessionKey: session.key.text, agentID: session.agentID, message: heartbeat.prompt)
        request.model = heartbeat.model
        request.isOwn = true
        request.quietLimit = heartbeat.quietLimit
        request.reply = try await route(heartbeat, session.key)
        let end = try await conversations.end(of: conversations.begin(request))
        switch end.status {
        case .ok:
            let reply = HeartbeatReply(end.text)
            guard !reply.isQuiet(within: heartbeat.quietLimit) else { return .quiet(hasWord: reply.hasWord) }
            return request.reply == nil ? .said(reply.text) : .sent(reply.text)
        case .error: return .failed(end.error ?? "no answer")
        case .aborted:
            try Task.checkCancellation()
            return .failed("aborted")
        }
    }

    /// Where what is said in the session `key` is sent; nil when nowhere.
    private func route(_ heartbeat: Heartbeat, _ key: SessionKey) async throws -> DeliveryRoute? {
        guard heartbeat.target != "none" else { return nil }
        do {
            let route = try await messenger.route(nil, to: nil, lastOf: key)
            return heartbeat.target == "last" || heartbeat.target == route.service ? route : nil
        } catch is ProtocolError {
            // Nobody wrote through a messaging service, or what they wrote through is there no more.
            return nil
        }
    }
}
