import GatewayProtocol
import JSON
import Text
import Time

/// One time a job was done, and how that went.
struct CronRun: Sendable, Equatable {
    var jobID: String
    var startedAt: Timestamp
    var endedAt: Timestamp
    var status = CronJob.Status.ok
    /// What went wrong: one sentence.
    var error: String?
    /// What came of it, in short.
    var summary: String?
    /// Where it was done.
    var sessionKey: String?
    /// The transcript it was written to.
    var sessionID: String?
    /// When the job was due next.
    var nextRunAt: Timestamp?

    /// A run that begins at `time`.
    init(of jobID: String, at time: Timestamp) {
        self.jobID = jobID
        startedAt = time
        endedAt = time
    }

    /// How long it took.
    var duration: TimeSpan { endedAt.since(startedAt) }

    /// The most characters of a summary.
    private static let summaryLimit = 2000

    /// Takes over how an agent's run ended.
    mutating func take(_ end: RunEnd) {
        sessionID = end.sessionID
        switch end.status {
        case .ok: break
        case .error:
            status = .error
            error = end.error ?? "the run failed"
        case .aborted:
            status = .error
            error = "the run was aborted"
        }
    }

    /// Keeps the beginning of `text` as what came of it.
    mutating func summarize(_ text: String) {
        let text = text.trimmed
        guard !text.isEmpty else { return }
        summary = text.count > Self.summaryLimit ? text.prefix(Self.summaryLimit) + "…" : text
    }
}

// MARK: JSON

extension CronRun {
    /// The run as the log keeps it and clients are shown it.
    var json: JSON {
        var object: JSONObject = ["ts": endedAt.json, "jobId": .string(jobID), "action": "finished"]
        for member in details.members { object[member.name] = member.value }
        return .object(object)
    }

    /// What the event tells of it.
    var details: JSONObject {
        var object = JSONObject()
        object["status"] = .string(status.rawValue)
        object["error"] = error.map(JSON.string)
        object["summary"] = summary.map(JSON.string)
        object["sessionKey"] = sessionKey.map(JSON.string)
        object["sessionId"] = sessionID.map(JSON.string)
        object["runAtMs"] = startedAt.json
        object["durationMs"] = duration.json
        object["nextRunAtMs"] = nextRunAt?.json
        return object
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "ts", .integer, "When it ended, in milliseconds since 1970."),
        Field(required: "jobId", .string, "The job."),
        Field(required: "action", .constant("finished", true), "What happened."),
        Field(required: "status", Shape<CronJob.Status>.word, "How it ended."),
        Field("error", .string, "What went wrong."), Field("summary", .string, "What came of it, in short."),
        Field("sessionKey", .string, "The session it was done in."),
        Field("sessionId", .string, "The id of the transcript it was written to."),
        Field("runAtMs", .integer, "When it was begun."), Field("durationMs", .integer, "How long it took."),
        Field("nextRunAtMs", .integer, "When the job was due next."))
}
