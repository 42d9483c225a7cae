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
