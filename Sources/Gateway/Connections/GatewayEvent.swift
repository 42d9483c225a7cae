import JSON

/// An event this gateway sends: its name, who may hear of it, and what it carries.
struct GatewayEvent: Sendable {
    let name: String
    /// The scope of those who hear of it; nil means everybody.
    let scope: Scope?
    /// When it is sent: one sentence.
    let text: String
    /// What it carries.
    let payload: Shape<JSON>

    private init(_ name: String, for scope: Scope? = nil, _ text: String, _ payload: Shape<JSON>) {
        self.name = name
        self.scope = scope
        self.text = text
        self.payload = payload
    }

    static let challenge = GatewayEvent(
        "connect.challenge", "The first thing a client hears, before `connect`. Without `seq`.",
        .object(
            Field(required: "nonce", .string, "What a device signs with its request."),
            Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970.")))

    static let tick = GatewayEvent(
        "tick", "Sent every 30 seconds: the gateway lives. Left out for a client that is slow.",
        .object(Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970.")))

    static let shutdown = GatewayEvent(
        "shutdown", "The gateway ends. The connection is closed with 1012 right after.",
        .object(
            Field(required: "reason", .string, "Why, for people."),
            Field("restartExpectedMs", .integer(0...), "When to expect it back, if it restarts.")))

    static let presence = GatewayEvent(
        "presence", "Somebody came or went. Carries `stateVersion`. Left out for a client that is slow.",
        .object(Field(required: "presence", .list(of: PresenceEntry.shape), "Everybody, the gateway first.")))

    static let health = GatewayEvent(
        "health", "Sent every 60 seconds. Carries `stateVersion`. Left out for a client that is slow.",
        HealthReport.shape)

    static let agent = GatewayEvent(
        "agent", for: .read,
        "A run goes on. Texts are cumulative; those on the way are left out for a client that is slow.",
        .object(
            Field(required: "runId", .string, "The run."),
            Field(required: "seq", .integer(1...), "Counts the events of the run, from 1."),
            Field(required: "stream", .string, "`lifecycle` or `assistant`."),
            Field(required: "ts", .integer, "When, in milliseconds since 1970."),
            Field(required: "sessionKey", .string, "The session."),
            Field(
                required: "data",
                .object(
                    Field("phase", .string, "Of `lifecycle`: `start`, `end` or `error`."),
                    Field("startedAt", .integer, "When the agent began."),
                    Field("endedAt", .integer, "When the run ended."),
                    Field("error", .string, "Why there is no answer."),
                    Field("aborted", .boolean, "Whether it was ended from outside."),
                    Field("text", .string, "Of `assistant`: the whole answer so far."),
                    Field("delta", .string, "What is new of it; absent when it is not just longer.")),
                "What happened.")))

    static let chat = GatewayEvent(
        "chat", for: .read, "An answer as a conversation shows it: on the way, at most every 150 ms, and at its end.",
        .object(
            Field(required: "runId", .string, "The run."),
            Field(required: "sessionKey", .string, "The session, as the client that asked called it."),
            Field(required: "seq", .integer(0...), "The last `seq` of the run's events `agent`."),
            Field(
                required: "state", .string,
                "`delta`, which a client that is slow does not get, or one of `final`, `error`, `aborted`, once."),
            Field("message", ChatMessage.shape, "The whole answer so far; absent when there is none."),
            Field("errorMessage", .string, "Why there is none."),
            Field("stopReason", .string, "Why it was aborted: `rpc`, `stop` or `shutdown`.")))

    static let cron = GatewayEvent(
        "cron", for: .read, "Something about a scheduled job. Left out for a client that is slow.",
        .object(
            Field(required: "jobId", .string, "The job."),
            Field(required: "action", .string, "`added`, `updated`, `removed`, `started` or `finished`."),
            Field("runAtMs", .integer, "When the run was begun, in milliseconds since 1970."),
            Field("durationMs", .integer, "How long it took."),
            Field("status", Shape<CronJob.Status>.word, "How it ended."), Field("error", .string, "What went wrong."),
            Field("summary", .string, "What came of it, in short."),
            Field("sessionKey", .string, "The session it was done in."),
            Field("sessionId", .string, "The id of the transcript it was written to."),
            Field("nextRunAtMs", .integer, "When the job is due next.")))

    static let heartbeat = GatewayEvent(
        "heartbeat", for: .read, "An agent looked for work by itself. Left out for a client that is slow.",
        HeartbeatOutcome.shape)

    static let pairRequested = GatewayEvent(
        "device.pair.requested", for: .pairing, "A device asks to be let in.", PairingRequest.shape)

    static let pairResolved = GatewayEvent(
        "device.pair.resolved", for: .pairing, "A device was let in or turned away.",
        .object(
            Field(required: "requestId", .string, "The request's id."),
            Field(required: "deviceId", .string, "The device."),
            Field(required: "decision", .string, "`approved` or `rejected`."),
            Field(required: "ts", .integer, "When, in milliseconds since 1970.")))

    static let nodePairRequested = GatewayEvent(
        "node.pair.requested", for: .pairing, "A node asks to be paired.", NodePairingRequest.shape)

    static let nodePairResolved = GatewayEvent(
        "node.pair.resolved", for: .pairing, "A node was paired or turned away.",
        .object(
            Field(required: "requestId", .string, "The request's id."),
            Field(required: "nodeId", .string, "The node."),
            Field(required: "decision", .string, "`approved` or `rejected`."),
            Field(required: "ts", .integer, "When, in milliseconds since 1970.")))

    static let nodeInvokeRequest = GatewayEvent(
        "node.invoke.request", "Sent to one node, without `seq`: it is to carry out a command.",
        .object(
            Field(required: "id", .string, "The id to answer with, by `node.invoke.result`."),
            Field(required: "nodeId", .string, "The node itself."),
            Field(required: "command", .string, "The command."),
            Field("paramsJSON", .string, "What the command takes, as JSON text."),
            Field(required: "timeoutMs", .integer(0...), "How long the gateway waits."),
            Field(required: "idempotencyKey", .string, "The same for the same request sent again.")))

    /// All of them, as hello-ok lists them.
    static let all = [
        challenge, tick, presence, health, shutdown, agent, chat, cron, heartbeat, pairRequested, pairResolved,
        nodePairRequested, nodePairResolved, nodeInvokeRequest,
    ]

    /// The frame that carries `payload`.
    func frame(_ payload: JSON, stateVersion: StateVersion? = nil) -> EventFrame {
        assert(self.payload.faults(in: payload).isEmpty, "\(name): \(self.payload.faults(in: payload).text)")
        return EventFrame(event: name, payload: payload, stateVersion: stateVersion)
    }
}
