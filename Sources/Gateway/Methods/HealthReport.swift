import GatewayProtocol
import JSON
import Policy
import Storage
import Time

/// The result of the method `health`: what runs here, and how it is.
struct HealthReport {
    let gateway: Gateway

    var json: JSON {
        let start = gateway.clock.now
        let agents = gateway.agents
        let overview = gateway.sessionOverview
        var object = JSONObject()
        object["ok"] = true
        object["ts"] = start.json
        // There is no channel in this version, and so none is listed.
        object["channels"] = [:]
        object["channelOrder"] = []
        object["channelLabels"] = [:]
        object["heartbeatSeconds"] = .integer(
            (AgentReport.heartbeat(gateway, agents.defaultID)?.interval ?? .zero).count(.seconds))
        object["defaultAgentId"] = .string(agents.defaultID)
        object["agents"] = .array(
            agents.all.map { agent in
                [
                    "agentId": .string(agent.id), "isDefault": .bool(agent.id == agents.defaultID),
                    "heartbeat": AgentReport.heartbeatJSON(gateway, agent.id),
                    "sessions": AgentReport(gateway, agent.id, overview).sessions,
                ]
            })
        object["sessions"] = AgentReport(gateway, agents.defaultID, overview).sessions
        object["durationMs"] = gateway.clock.now.since(start).json
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

/// What the reports say of one agent, or of all.
struct AgentReport {
    private let gateway: Gateway
    private let part: SessionOverview.Part

    /// That of `agentID`, as `overview` has it.
    init(_ gateway: Gateway, _ agentID: String, _ overview: SessionOverview) {
        self.init(gateway, overview.byAgent[agentID] ?? SessionOverview.Part())
    }

    init(_ gateway: Gateway, _ part: SessionOverview.Part) {
        self.gateway = gateway
        self.part = part
    }

    /// The heartbeat of the agent `id`; nil when it has none, or no model to answer to it.
    static func heartbeat(_ gateway: Gateway, _ id: String) -> Heartbeat? {
        gateway.heartbeats.of(id).flatMap { heartbeat in
            heartbeat.model != nil || gateway.agents.named(id)?.hasModel == true ? heartbeat : nil
        }
    }

    /// The same, for clients.
    static func heartbeatJSON(_ gateway: Gateway, _ id: String) -> JSON {
        guard let heartbeat = heartbeat(gateway, id) else {
            return ["enabled": false, "every": "disabled", "everyMs": .null]
        }
        return [
            "enabled": true, "every": .string(heartbeat.every), "everyMs": heartbeat.interval.json,
            "prompt": .string(heartbeat.prompt), "target": .string(heartbeat.target),
            "ackMaxChars": .integer(Int64(heartbeat.quietLimit)),
        ]
    }

    /// Its sessions: where they are kept, how many there are, and the newest.
    var sessions: JSON {
        let now = gateway.clock.now
        return [
            "path": path, "count": count,
            "recent": .array(
                part.recent.map { entry in
                    [
                        "key": .string(entry.key.text), "updatedAt": entry.updatedAt.json,
                        "age": now.since(entry.updatedAt).json,
                    ]
                }),
        ]
    }

    var path: JSON { .string(gateway.database.path.text) }
    var count: JSON { .integer(Int64(part.count)) }

    /// The newest sessions, with more of what is known of them.
    var recent: JSON {
        let now = gateway.clock.now
        return .array(
            part.recent.map { entry in
                guard case .object(var object) = SessionRow(entry: entry).json else { return .null }
                object["agentId"] = entry.agent.map(JSON.string)
                object["age"] = now.since(entry.updatedAt).json
                return .object(object)
            })
    }
}
