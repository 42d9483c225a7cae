import GatewayProtocol
import JSON

extension GatewayEvent {
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
}
