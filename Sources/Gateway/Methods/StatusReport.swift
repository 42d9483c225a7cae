import Configuration
import GatewayProtocol
import JSON
import Policy
import Storage
import Time

/// The result of the method `status`: the gateway as its owner sees it.
struct StatusReport {
    let gateway: Gateway
    let overview: SessionOverview

    var json: JSON {
        let agents = gateway.agents
        let all = AgentReport(gateway, overview.all)
        let model = gateway.agents.named(gateway.agents.defaultID)?.models.first
        return [
            "gateway": gatewayJSON,
            "heartbeat": [
                "defaultAgentId": .string(agents.defaultID),
                "agents": .array(
                    agents.all.map { agent in
                        let heartbeat = AgentReport.heartbeatJSON(gateway, agent.id)
                        return [
                            "agentId": .string(agent.id), "enabled": heartbeat["enabled"] ?? false,
                            "every": heartbeat["every"] ?? .null, "everyMs": heartbeat["everyMs"] ?? .null,
                        ]
                    }),
            ],
            "channelSummary": [],
            "queuedSystemEvents": .strings(gateway.systemEvents.waiting(for: gateway.configuration.mainSessionKey)),
            "sessions": [
                "paths": [all.path],
                "count": all.count,
                "defaults": ["model": model.map { .string($0.description) } ?? .null, "contextTokens": .null],
                "recent": all.recent,
                "byAgent": .array(
                    agents.all.map { agent in
                        let report = AgentReport(gateway, agent.id, overview)
                        return [
                            "agentId": .string(agent.id), "path": report.path, "count": report.count,
                            "recent": report.recent,
                        ]
                    }),
            ],
        ]
    }

    private var gatewayJSON: JSON {
        let configuration = gateway.configuration
        let instance = configuration.instance
        var object = JSONObject()
        object["profile"] = .string(instance.name.text)
        object["instanceId"] = .string(gateway.identity.id)
        object["version"] = .string(Version.current)
        object["sandboxed"] = .bool(gateway.confinement.isSandboxed)
        object["port"] = .integer(Int64(configuration.ports.value.gateway))
        object["ports"] = Self.json(configuration.ports.value)
        object["portSource"] = .string(configuration.ports.source.description)
        object["disregardedPort"] = configuration.disregardedPort.map { .integer(Int64($0)) }
        object["stateDir"] = .string(instance.stateDirectory.value.text)
        object["configPath"] = .string(instance.configurationFile.value.text)
        let reload = gateway.lastReload
        object["configuration"] = ["state": .string(reload.word), "details": .strings(reload.details)]
        object["workspace"] = .string(configuration.workspace.value.text)
        object["uptimeMs"] = gateway.uptime.json
        object["connections"] = .integer(Int64(gateway.connectionCount))
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
