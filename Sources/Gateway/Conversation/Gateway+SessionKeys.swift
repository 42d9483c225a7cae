extension Gateway {
    /// The session a client calls `text`, and its agent. An `agent` that is named is the one whose session a bare name
    /// means.
    func session(_ text: String, agent: String? = nil) -> (key: SessionKey, agentID: String) {
        var settings = configuration.sessionSettings
        settings.defaultAgent = agent ?? agents.defaultID
        let key = SessionKey(alias: text, settings: settings) ?? .main(of: settings.defaultAgent, settings: settings)
        return (key, key.agent ?? settings.defaultAgent)
    }

    /// The session a message from `origin` belongs to, and who answers in it: `agent`, or as `bindings` say.
    func session(for origin: MessageOrigin, agent: String? = nil) -> (key: SessionKey, agentID: String) {
        let settings = configuration.sessionSettings
        let agent = agent ?? agents.agentID(for: origin)
        guard settings.scope == .perSender, let peer = origin.peer else {
            return (.main(of: agent, settings: settings), agent)
        }
        let sender = SessionKey.Peer(peer.kind, id: peer.id, channel: origin.channel, account: origin.accountID)
        return (SessionKey(agent: agent, peer: sender, settings: settings), agent)
    }
}
