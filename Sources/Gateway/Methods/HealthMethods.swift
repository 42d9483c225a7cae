import GatewayProtocol
import JSON

/// The methods that tell how the gateway is.
struct HealthMethods: Sendable {
    let health: HealthService
    let reports: StatusService

    var group: MethodGroup {
        MethodGroup(
            "Health", "What runs here, and how it is.",
            [healthMethod, status])
    }

    private struct HealthParameters {
        var probe: Bool?

        static let schema = Schema(
            Field("probe", .boolean, "Look anew instead of answering what was seen last."), as: HealthParameters.init)
    }

    private var healthMethod: Method {
        Method.immediate(
            "health", .scope(.read), "The gateway at a glance, as the event `health` carries it.",
            HealthParameters.schema,
            answer: HealthReport.shape
        ) { _, parameters in
            parameters.probe == true ? health.fresh().json : health.json
        }
    }

    private var status: Method {
        Method.awaiting(
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
        ) { _, _ in
            reports.report(try await health.freshOverview()).json
        }
    }
}
