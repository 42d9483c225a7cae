import GatewayProtocol
import JSON
import Time

/// The result of the method `health`: what runs here, and how it is.
struct HealthReport {
    let agents: AgentReports
    let channels: ChannelReport
    let clock: WallClock

    var json: JSON {
        let start = clock.now
        var object = JSONObject()
        object["ok"] = true
        object["ts"] = start.json
        object["channels"] = channels.summaries
        object["channelOrder"] = channels.order
        object["channelLabels"] = channels.labels
        object["heartbeatSeconds"] = .integer(
            (agents.heartbeat(of: agents.defaultID)?.interval ?? .zero).count(.seconds))
        object["defaultAgentId"] = .string(agents.defaultID)
        object["agents"] = .array(
            agents.all.map { agent in
                [
                    "agentId": .string(agent.id), "isDefault": .bool(agent.id == agents.defaultID),
                    "heartbeat": agents.heartbeatJSON(of: agent.id), "sessions": agents.sessions(of: agent.id),
                ]
            })
        object["sessions"] = agents.sessions(of: agents.defaultID)
        object["durationMs"] = clock.now.since(start).json
        return .object(object)
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "ok", .boolean, "Always true: a gateway that is not well does not answer."),
        Field(required: "ts", .integer, "When this was put together, in milliseconds since 1970."),
        Field(required: "durationMs", .integer(0...), "How long that took."),
        Field(required: "channels", .anyObject, "The state of each channel."),
        Field(required: "channelOrder", .list(of: .any), "The channels' ids, in the order to show them."),
        Field(required: "channelLabels", .anyObject, "The channels' names."),
        Field(required: "heartbeatSeconds", .integer(0...), "Between two heartbeats; 0 when there are none."),
        Field(required: "defaultAgentId", .string, "The agent that answers when none is named."),
        Field(
            required: "agents",
            .list(
                of: .object(
                    Field(required: "agentId", .string, "Its id."),
                    Field(required: "isDefault", .boolean, "Whether it answers when none is named."),
                    Field(
                        required: "heartbeat", .anyObject,
                        "`enabled`, `every`, `everyMs`, `prompt`, `target`, `ackMaxChars`."),
                    Field(required: "sessions", sessions, "Its conversations."))), "The agents."),
        Field(required: "sessions", sessions, "The default agent's conversations."))

    private static let sessions = Shape.object(
        Field(required: "path", .string, "Where they are kept."), Field(required: "count", .integer(0...), "How many."),
        Field(required: "recent", .list(of: .anyObject), "The newest: `key`, `updatedAt`, `age`."))
}
