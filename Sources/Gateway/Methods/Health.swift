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

private let sessions = Shape.object(
    Field(required: "path", .string, "Where they are kept."), Field(required: "count", .integer(0...), "How many."),
    Field(required: "recent", .list(of: .anyObject), "The newest: `key`, `updatedAt`, `age`."))

private let healthMethod = Method.immediate(
    "health", .scope(.read), "The gateway at a glance, as the event `health` carries it.", HealthParameters.schema,
    answer: .object(
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
) { call, _ in
    HealthReport(gateway: call.gateway).json
}

private let status = Method.immediate(
    "status", .scope(.read), "The gateway as its owner sees it.", NoParameters.schema,
    answer: .object(
        Field(
            required: "gateway", .anyObject,
            "`profile`, `instanceId`, `version`, `sandboxed`, `port` and where it came from, paths, uptime."),
        Field(required: "heartbeat", .anyObject, "`defaultAgentId` and `agents`."),
        Field(required: "channelSummary", .list(of: .string), "A line for each channel."),
        Field(required: "queuedSystemEvents", .list(of: .string), "What the main session will be told."),
        Field(required: "sessions", .anyObject, "`paths`, `count`, `defaults`, `recent`, `byAgent`."))
) { call, _ in
    StatusReport(gateway: call.gateway).json
}
