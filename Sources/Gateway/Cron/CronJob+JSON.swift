import GatewayProtocol
import JSON
import Time

extension CronJob {
    /// The job as clients are shown it and the database keeps it.
    var json: JSON {
        var object = JSONObject()
        object["id"] = .string(id)
        object["agentId"] = agentID.map(JSON.string)
        object["name"] = .string(name)
        object["description"] = description.map(JSON.string)
        object["enabled"] = .bool(isEnabled)
        object["deleteAfterRun"] = isDeletedAfterRun.map(JSON.bool)
        object["createdAtMs"] = createdAt.json
        object["updatedAtMs"] = updatedAt.json
        object["schedule"] = schedule.json
        object["sessionTarget"] = .string(target.rawValue)
        object["wakeMode"] = .string(wakeMode.rawValue)
        object["payload"] = payload.json
        object["isolation"] = isolation?.json
        object["state"] = state.json
        return .object(object)
    }

    /// A job as `json` writes it; members of later versions are passed over.
    static let shape = Shape.object(
        Schema(
            isOpen: true, Field(required: "id", .string, "Its id."), Field("agentId", .string, "Whose it is."),
            Field(required: "name", .string, "Its name."), Field("description", .string, "What it is for."),
            Field(required: "enabled", .boolean, "Whether it is ever due."),
            Field("deleteAfterRun", .boolean, "Whether it is forgotten once it went well."),
            Field(required: "createdAtMs", .timestamp, "When it was made."),
            Field(required: "updatedAtMs", .timestamp, "When it was last changed."),
            Field(required: "schedule", .keptCronSchedule, "When it is due."),
            Field(required: "sessionTarget", Shape<Target>.word, "Where it is done."),
            Field(
                required: "wakeMode", Shape<WakeMode>.word,
                "`now`: the main session's agent acts on it at once; else at its next turn."),
            Field(required: "payload", .keptCronPayload, "What is done."),
            Field("isolation", .cronIsolation, "What the main session is told of it."),
            Field(required: "state", State.shape, "How things stand."),
            as: {
                CronJob(
                    id: $0, agentID: $1, name: $2, description: $3, isEnabled: $4, isDeletedAfterRun: $5, createdAt: $6,
                    updatedAt: $7, schedule: $8, target: $9, wakeMode: $10, payload: $11, isolation: $12, state: $13)
            }))
}

extension CronJob.State {
    var json: JSON {
        var object = JSONObject()
        object["nextRunAtMs"] = nextRunAt?.json
        object["runningAtMs"] = runningAt?.json
        object["lastRunAtMs"] = lastRunAt?.json
        object["lastStatus"] = lastStatus.map { .string($0.rawValue) }
        object["lastError"] = lastError.map(JSON.string)
        object["lastDurationMs"] = lastDuration?.json
        return .object(object)
    }

    static let shape = Shape.object(
        Schema(
            isOpen: true, Field("nextRunAtMs", .timestamp, "When it is due."),
            Field("runningAtMs", .timestamp, "Since when it is being done."),
            Field("lastRunAtMs", .timestamp, "When it was last begun."),
            Field("lastStatus", Shape<CronJob.Status>.word, "How that ended."),
            Field("lastError", .string, "What went wrong."),
            Field("lastDurationMs", .milliseconds(.zero ... .longest), "How long it took."),
            as: {
                CronJob.State(
                    nextRunAt: $0, runningAt: $1, lastRunAt: $2, lastStatus: $3, lastError: $4, lastDuration: $5)
            }))
}

extension CronJob.Isolation {
    var json: JSON {
        var object = JSONObject()
        object["postToMainPrefix"] = prefix.map(JSON.string)
        object["postToMainMode"] = mode.map { .string($0.rawValue) }
        object["postToMainMaxChars"] = maximum.map(JSON.integer)
        return .object(object)
    }
}

extension Shape where Value == CronJob.Isolation {
    static let cronIsolation = Shape.object(
        Schema(
            Field("postToMainPrefix", .string, "What stands before it."),
            Field("postToMainMode", Shape<CronJob.Isolation.Extent>.word, "How much of it."),
            Field("postToMainMaxChars", .integer(0...), "How much at most, in characters."),
            as: CronJob.Isolation.init))
}
