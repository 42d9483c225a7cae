import Configuration

/// Tells which session is meant, and which agent answers in it.
struct SessionResolver: Sendable {
    let settings: Current<SessionSettings>
    let agents: Current<AgentDirectory>

    /// The session a client calls `text`, and its agent. An `agent` that is named is the one whose session a bare name
    /// means.
    func session(_ text: String, agent: String? = nil) -> (key: SessionKey, agentID: String) {
        var settings = settings.value
        settings.defaultAgent = agent ?? agents.value.defaultID
        let key = SessionKey(alias: text, settings: settings) ?? .main(of: settings.defaultAgent, settings: settings)
        return (key, key.agent ?? settings.defaultAgent)
    }

    /// The session a message from `origin` belongs to, and who answers in it: `agent`, or as `bindings` say.
    func session(for origin: MessageOrigin, agent: String? = nil) -> (key: SessionKey, agentID: String) {
        let settings = settings.value
        let agent = agent ?? agents.value.agentID(for: origin)
        guard settings.scope == .perSender, let peer = origin.peer else {
            return (.main(of: agent, settings: settings), agent)
        }
        let sender = SessionKey.Peer(peer.kind, id: peer.id, channel: origin.channel, account: origin.accountID)
        return (SessionKey(agent: agent, peer: sender, settings: settings), agent)
    }

    /// Whether `key` is the main session of an agent.
    func isMain(_ key: String) -> Bool {
        agents.value.all.contains { session("main", agent: $0.id).key.text == key }
    }
}

extension GatewayConfiguration {
    /// The session of the gateway's owner with the default agent.
    var mainSessionKey: String {
        sessionScope == .global ? "global" : "agent:\(agents.defaultID):main"
    }
}
