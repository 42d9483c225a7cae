import JSON
import Policy

/// The result of the method `health`: what runs here, and how it is.
struct HealthReport {
    let gateway: Gateway

    var json: JSON {
        let start = gateway.clock.milliseconds
        let agents = gateway.configuration.agents
        var object = JSONObject()
        object["ok"] = true
        object["ts"] = .integer(start)
        // No channel and no heartbeat runs in this version, and so none is listed.
        object["channels"] = [:]
        object["channelOrder"] = []
        object["channelLabels"] = [:]
        object["heartbeatSeconds"] = 0
        object["defaultAgentId"] = .string(agents.defaultID)
        object["agents"] = .array(
            agents.all.map { agent in
                [
                    "agentId": .string(agent.id), "isDefault": .bool(agent.id == agents.defaultID),
                    "heartbeat": AgentReport.heartbeat, "sessions": AgentReport(gateway, agent.id).sessions,
                ]
            })
        object["sessions"] = AgentReport(gateway, agents.defaultID).sessions
        object["durationMs"] = .integer(gateway.clock.milliseconds - start)
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
                    Field(required: "heartbeat", .anyObject, "`enabled`, `every`, `everyMs`."),
                    Field(required: "sessions", sessions, "Its conversations."))), "The agents."),
        Field(required: "sessions", sessions, "The default agent's conversations."))

    private static let sessions = Shape.object(
        Field(required: "path", .string, "Where they are kept."), Field(required: "count", .integer(0...), "How many."),
        Field(required: "recent", .list(of: .anyObject), "The newest: `key`, `updatedAt`, `age`."))
}

/// What the reports say of one agent.
struct AgentReport {
    private let path: String

    init(_ gateway: Gateway, _ agentID: String) {
        path = "\(gateway.configuration.instance.stateDirectory.value)/agents/\(agentID)/sessions/sessions.json"
    }

    /// An agent without heartbeat.
    static let heartbeat: JSON = ["enabled": false, "every": "disabled", "everyMs": .null]

    /// Where the agent's sessions will be kept. Nothing makes sessions in this version.
    var sessions: JSON { ["path": .string(path), "count": 0, "recent": []] }

    /// The same, as `status` lists it for each agent.
    var sessionPath: JSON { .string(path) }
}
