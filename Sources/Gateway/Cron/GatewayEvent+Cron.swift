import GatewayProtocol
import JSON

extension GatewayEvent {
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
}
