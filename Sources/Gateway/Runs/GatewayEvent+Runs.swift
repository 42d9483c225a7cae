import GatewayProtocol
import JSON

extension GatewayEvent {
    static let agent = GatewayEvent(
        "agent", for: .read,
        "A run goes on. Texts are cumulative; those on the way are left out for a client that is slow.",
        .object(
            Field(required: "runId", .string, "The run."),
            Field(required: "seq", .integer(1...), "Counts the events of the run, from 1."),
            Field(required: "stream", .string, "`lifecycle`, `assistant`, `thinking` or `tool`."),
            Field(required: "ts", .integer, "When, in milliseconds since 1970."),
            Field(required: "sessionKey", .string, "The session."),
            Field(
                required: "data",
                .object(
                    Field(
                        "phase", .string,
                        "Of `lifecycle`: `start`, `end` or `error`. Of `tool`, at `verboseLevel` on or full: `start`, `update` or `result`."
                    ),
                    Field("startedAt", .integer, "When the agent began."),
                    Field("endedAt", .integer, "When the run ended."),
                    Field("error", .string, "Why there is no answer."),
                    Field("aborted", .boolean, "Whether it was ended from outside."),
                    Field(
                        "text", .string, "Of `assistant`: the whole answer so far. Of `thinking`: the thoughts so far."),
                    Field("delta", .string, "Of `assistant`: what is new of it; absent when it is not just longer."),
                    Field("toolCallId", .string, "Of `tool`: the call."),
                    Field("name", .string, "Of `tool`: the tool."),
                    Field("args", .anyObject, "Of `tool`, at its `start`: what it is given."),
                    Field(
                        "partialResult", .anyObject,
                        "Of `tool`, in an `update`: `content`, and perhaps `details`, so far. Only at `verboseLevel` full."
                    ),
                    Field(
                        "result", .anyObject,
                        "Of `tool`, at its `result`: `content`, and perhaps `details`. Only at `verboseLevel` full."),
                    Field("isError", .boolean, "Of `tool`, at its `result`: whether it failed.")),
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
            Field("stopReason", .string, "Why it was aborted: `rpc`, `stop`, `queue` or `shutdown`.")))
}
