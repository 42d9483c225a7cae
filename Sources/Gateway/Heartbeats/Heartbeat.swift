import Configuration
import Text
import Time

/// How one agent looks for work by itself: `agents.defaults.heartbeat`, and what its own entry says otherwise.
struct Heartbeat: Sendable, Equatable {
    var agentID: String
    /// As it was written.
    var every: String
    /// Between two.
    var interval: TimeSpan
    /// What the agent is asked.
    var prompt: String
    /// The most characters beside HEARTBEAT_OK of an answer that says nothing.
    var quietLimit: Int
    /// The channel its word would go to.
    var target: String
    /// The session it happens in; nil means the main one.
    var session: String?
    var model: String?
    /// When it does so; nil means always.
    var hours: ActiveHours?

    /// Nobody means more often than this.
    static let shortestInterval = TimeSpan(1, .seconds)

    private static let usualPrompt = """
        Look into HEARTBEAT.md, if it is there, and do what is due of it. Take up nothing from earlier conversations by \
        yourself. If there is nothing to do, answer HEARTBEAT_OK.
        """

    /// What `section` says of the agent `id`; nil when it never does so.
    private init?(_ section: HeartbeatSection, of id: String) {
        guard let interval = try? DurationText.span(section.every, unit: .minutes), interval > .zero else {
            return nil
        }
        agentID = IdentifierText.agent(id)
        every = section.every
        self.interval = min(max(interval, Self.shortestInterval), .longestInterval)
        let prompt = section.prompt?.trimmed ?? ""
        self.prompt = prompt.isEmpty ? Self.usualPrompt : prompt
        quietLimit = Int(clamping: section.ackMaxChars)
        target = section.target
        let session = section.session?.trimmed ?? ""
        self.session = session.isEmpty || session == "main" ? nil : session
        model = section.model
        hours = ActiveHours(section.activeHours)
    }

    /// Those of `agents`: of the agents that have an entry of their own for it, or else of the default agent.
    static func all(_ agents: AgentsSection) -> [Heartbeat] {
        let own = agents.all.compactMap { agent in agent.heartbeat.map { (agent.id, $0) } }
        guard !own.isEmpty else {
            return [Heartbeat(agents.defaults.heartbeat, of: agents.defaultID)].compactMap(\.self)
        }
        return own.compactMap { id, changes in Heartbeat(changes.applied(to: agents.defaults.heartbeat), of: id) }
    }
}
