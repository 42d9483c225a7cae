import GatewayProtocol
import JSON

extension MethodGroup {
    /// How the gateway is.
    static let health = MethodGroup("Health", "What runs here, and how it is.", [healthMethod, status])
}

private struct HealthParameters {
    var probe: Bool?

    static let schema = Schema(
        Field("probe", .boolean, "Look anew instead of answering what was seen last."), as: HealthParameters.init)
}

private let healthMethod = Method.immediate(
    "health", .scope(.read), "The gateway at a glance, as the event `health` carries it.", HealthParameters.schema,
    answer: HealthReport.shape
) { call, parameters in
    parameters.probe == true ? call.gateway.freshHealth().json : call.gateway.health
}

private let status = Method.awaiting(
    "status", .scope(.read), "The gateway as its owner sees it.", NoParameters.schema,
    answer: .object(
        Field(
            required: "gateway", .anyObject,
            "`profile`, `instanceId`, `version`, `sandboxed`, `port` and where it came from, `ports`, paths, uptime, "
                + "and `configuration`: whether it is the one in the file (`state`: `current`, `waiting` for a restart, "
                + "`refused`), and why not (`details`)."),
        Field(required: "heartbeat", .anyObject, "`defaultAgentId` and `agents`."),
        Field(required: "channelSummary", .list(of: .string), "A line for each channel."),
        Field(required: "queuedSystemEvents", .list(of: .string), "What the main session will be told."),
        Field(required: "sessions", .anyObject, "`paths`, `count`, `defaults`, `recent`, `byAgent`."))
) { call, _ in
    StatusReport(gateway: call.gateway, overview: try await call.gateway.freshSessionOverview()).json
}
