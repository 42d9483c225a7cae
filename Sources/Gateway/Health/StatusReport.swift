import Configuration
import GatewayProtocol
import JSON
import Policy
import Storage
import Time

/// The result of the method `status`: the gateway as its owner sees it.
struct StatusReport {
    let configuration: GatewayConfiguration
    let identity: InstanceIdentity
    let isSandboxed: Bool
    /// What became of the last change of the configuration.
    let reload: ReloadOutcome
    let uptime: TimeSpan
    /// How many connections there are.
    let connections: Int
    /// What the main session will be told.
    let systemEvents: [String]
    let agents: AgentReports
    /// A line for each account with a messaging service.
    let channels: [String]

    var json: JSON {
        [
            "gateway": gatewayJSON,
            "heartbeat": [
                "defaultAgentId": .string(agents.defaultID),
                "agents": .array(
                    agents.all.map { agent in
                        let heartbeat = agents.heartbeatJSON(of: agent.id)
                        return [
                            "agentId": .string(agent.id), "enabled": heartbeat["enabled"] ?? false,
                            "every": heartbeat["every"] ?? .null, "everyMs": heartbeat["everyMs"] ?? .null,
                        ]
                    }),
            ],
            "channelSummary": .strings(channels),
            "queuedSystemEvents": .strings(systemEvents),
            "sessions": [
                "paths": [agents.path],
                "count": agents.count(of: nil),
                "defaults": [
                    "model": agents.defaultModel.map { .string($0.description) } ?? .null, "contextTokens": .null,
                ],
                "recent": agents.recent(of: nil),
                "byAgent": .array(
                    agents.all.map { agent in
                        [
                            "agentId": .string(agent.id), "path": agents.path, "count": agents.count(of: agent.id),
                            "recent": agents.recent(of: agent.id),
                        ]
                    }),
            ],
        ]
    }

    private var gatewayJSON: JSON {
        let instance = configuration.instance
        var object = JSONObject()
        object["profile"] = .string(instance.name.text)
        object["instanceId"] = .string(identity.id)
        object["version"] = .string(Version.current)
        object["sandboxed"] = .bool(isSandboxed)
        object["port"] = .integer(Int64(configuration.ports.value.gateway))
        object["ports"] = Self.json(configuration.ports.value)
        object["portSource"] = .string(configuration.ports.source.description)
        object["disregardedPort"] = configuration.disregardedPort.map { .integer(Int64($0)) }
        object["stateDir"] = .string(instance.stateDirectory.value.text)
        object["configPath"] = .string(instance.configurationFile.value.text)
        object["configuration"] = ["state": .string(reload.word), "details": .strings(reload.details)]
        object["workspace"] = .string(configuration.workspace.value.text)
        object["uptimeMs"] = uptime.json
        object["connections"] = .integer(Int64(connections))
        return .object(object)
    }

    private static func json(_ ports: PortSet) -> JSON {
        [
            "gateway": .integer(Int64(ports.gateway)), "control": .integer(Int64(ports.control)),
            "cdp": [.integer(Int64(ports.cdp.lowerBound)), .integer(Int64(ports.cdp.upperBound))],
            "pinned": .array(ports.pinned.map { .integer(Int64($0)) }),
        ]
    }
}
