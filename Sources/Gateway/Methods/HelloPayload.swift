import Configuration
import GatewayProtocol
import JSON
import Policy
import Text
import Time

/// The answer to `connect`: who answers, what it can do, and how things stand.
struct HelloPayload {
    let configuration: GatewayConfiguration
    let methods: MethodTable
    let shared: SharedState
    let health: HealthService
    let uptime: Uptime
    let admission: Handshake.Admission
    let connectionID: String
    /// The name the client asked for, as it can ask for it again.
    let hostName: String

    var json: JSON {
        var object = JSONObject()
        object["type"] = "hello-ok"
        object["protocol"] = .integer(ProtocolVersion.current)
        object["server"] = [
            "version": .string(Version.current), "host": .string(shared.host.name),
            "connId": .string(connectionID),
        ]
        object["features"] = [
            "methods": .array(methods.advertised.map(JSON.string)),
            "events": .array(GatewayEvent.all.map { .string($0.name) }),
        ]
        object["snapshot"] = snapshot
        if configuration.content.canvasHost.enabled { object["canvasHostUrl"] = .string(canvasURL) }
        object["auth"] = admission.deviceToken.map { token in
            [
                "deviceToken": .string(token.secret.revealed()), "role": .string(token.role.rawValue),
                "scopes": .array(token.scopes.map(JSON.string)), "issuedAtMs": .integer(token.issuedAt),
            ]
        }
        if let page = admission.page {
            object["auth"] = [
                "pageToken": .string(page.secret.revealed()), "role": .string(admission.role.rawValue),
                "scopes": .strings(admission.scopes), "issuedAtMs": page.issuedAt.json,
                "expiresAtMs": page.expiresAt.json,
            ]
        }
        object["policy"] = [
            "maxPayload": .integer(Int64(ProtocolLimits.inboundBytes)),
            "maxBufferedBytes": .integer(Int64(ProtocolLimits.bufferedBytes)),
            "tickIntervalMs": .integer(ProtocolLimits.tick.components.seconds * 1000),
        ]
        return .object(object)
    }

    private var snapshot: JSON {
        let agents = configuration.agents
        return [
            "presence": .array(shared.presenceEntries.map(\.json)),
            "health": health.json,
            "stateVersion": shared.version.json,
            "uptimeMs": uptime.span.json,
            "configPath": .string(configuration.instance.configurationFile.value.text),
            "stateDir": .string(configuration.instance.stateDirectory.value.text),
            "sessionDefaults": [
                "defaultAgentId": .string(agents.defaultID), "mainKey": "main",
                "mainSessionKey": .string(configuration.mainSessionKey),
                "scope": .string(configuration.sessionScope.rawValue),
            ],
        ]
    }

    private var canvasURL: String {
        let name = hostName.contains(":") ? "[\(hostName)]" : hostName
        return "\(configuration.scheme)://\(name.isEmpty ? "127.0.0.1" : name):\(configuration.ports.value.gateway)"
    }
}
