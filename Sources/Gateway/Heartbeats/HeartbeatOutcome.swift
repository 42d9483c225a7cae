import GatewayProtocol
import JSON
import Time

/// What came of a heartbeat.
enum HeartbeatOutcome: Sendable, Equatable {
    /// There was none: no model answers, or it is not the hour for it.
    case none
    /// Its session is being used; it is for later.
    case busy
    /// Nobody was asked: HEARTBEAT.md holds no task, and nothing happened.
    case idle
    /// The agent had nothing to say.
    case quiet(hasWord: Bool)
    /// The agent said this, and nobody is sent it.
    case said(String)
    /// The agent said this, which is sent through a messaging service.
    case sent(String)
    /// It went wrong: one sentence.
    case failed(String)

    /// The most characters that are shown of what was said.
    private static let previewLimit = 200

    /// What clients are told at `time`. What an agent says is sent to `target`.
    func json(at time: Timestamp, duration: TimeSpan, target: String) -> JSON {
        var object: JSONObject = ["ts": time.json, "status": .string(status)]
        object["durationMs"] = duration.json
        switch self {
        case .none, .busy, .quiet: break
        case .idle: object["reason"] = "empty-heartbeat-file"
        case .said(let text):
            object["reason"] = target == "none" ? "target-none" : "no-target"
            object["preview"] = .string(String(text.prefix(Self.previewLimit)))
        case .sent(let text): object["preview"] = .string(String(text.prefix(Self.previewLimit)))
        case .failed(let reason): object["reason"] = .string(reason)
        }
        return .object(object)
    }

    private var status: String {
        switch self {
        case .none, .busy, .idle, .said: "skipped"
        case .sent: "sent"
        case .quiet(let hasWord): hasWord ? "ok-token" : "ok-empty"
        case .failed: "failed"
        }
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "ts", .integer, "When, in milliseconds since 1970."),
        Field(
            required: "status", .string,
            "`ok-token` and `ok-empty`: the agent had nothing to say. `sent`: what it said is sent. `skipped`: nothing is sent to anybody. `failed`."
        ),
        Field("reason", .string, "Why: `empty-heartbeat-file`, `target-none`, `no-target`, or what went wrong."),
        Field("preview", .string, "The beginning of what the agent said, in its session."),
        Field("durationMs", .integer(0...), "How long it took."))
}
