import GatewayProtocol
import JSON
import Policy
import Text
import Time

/// The methods about jobs that are done at their time.
struct CronMethods: Sendable {
    let cron: CronService
    let worker: CronWorker
    let agents: Current<AgentDirectory>
    let clients: Clients
    /// Where the jobs are kept.
    let database: AbsolutePath
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Cron",
            """
            Jobs that are done at their time, kept in the instance's database: one that was answered is on disk. A job for \
            the main session tells it something; one with a session of its own, `cron:` and its id, has an agent answer \
            there, and the main session is told what came of it. What was missed while no gateway ran is done once, at the \
            start; what a gateway was doing when it was killed counts as failed, and is not done again. Where clocks are \
            put forward, what was due in the hour left out is due that much later; where they are put back, what is due at \
            an hour is due once.
            """,
            [status, list, add, update, remove, takeOver, run, runLog])
    }

    private var status: Method {
        Method.immediate(
            "cron.status", .scope(.read), "How the schedule stands.", NoParameters.schema,
            answer: .object(
                Field(required: "enabled", .boolean, "Whether jobs are done at their time (`cron.enabled`)."),
                Field(required: "storePath", .string, "Where they are kept."),
                Field(required: "jobs", .integer(0...), "How many there are."),
                Field(required: "nextWakeAtMs", .any, "When the next is due, in milliseconds since 1970; or null."))
        ) { _, _ in
            [
                "enabled": .bool(cron.isEnabled), "storePath": .string(database.text),
                "jobs": .integer(Int64(cron.jobs(includesDisabled: true).count)),
                "nextWakeAtMs": cron.nextWakeAt?.json ?? .null,
            ]
        }
    }

    private struct ListParameters {
        var includesDisabled: Bool

        static let schema = Schema(
            Field("includeDisabled", .boolean, default: false, "Those as well that are never due."),
            as: ListParameters.init)
    }

    private var list: Method {
        Method.immediate(
            "cron.list", .scope(.read), "The jobs, those due first in front.", ListParameters.schema,
            answer: .object(Field(required: "jobs", .list(of: CronJob.shape), "The jobs."))
        ) { _, parameters in
            ["jobs": .array(cron.jobs(includesDisabled: parameters.includesDisabled).map(\.json))]
        }
    }

    // MARK: Changes

    private struct AddParameters {
        var name: String
        var agentID: Change<String>?
        var description: String?
        var isEnabled: Bool
        var isDeletedAfterRun: Bool?
        var schedule: CronSchedule
        var target: CronJob.Target
        var wakeMode: CronJob.WakeMode
        var payload: CronPayload
        var isolation: CronJob.Isolation?

        static let schema = Schema(
            Field(required: "name", .nonEmptyString, "Its name."),
            Field("agentId", .nullable(.nonEmptyString), "Whose it is; left out or null, the default agent's."),
            Field("description", .string, "What it is for."),
            Field("enabled", .boolean, default: true, "Whether it is ever due."),
            Field("deleteAfterRun", .boolean, "Whether it is forgotten once it went well."),
            Field(required: "schedule", .cronSchedule, "When it is due."),
            Field(required: "sessionTarget", Shape<CronJob.Target>.word, "Where it is done."),
            Field(
                required: "wakeMode", Shape<CronJob.WakeMode>.word,
                "`now`: the main session's agent acts on it at once; else at its next turn."),
            Field(
                required: "payload", .cronPayload, "What is done: `systemEvent` in `main`, `agentTurn` in `isolated`."),
            Field("isolation", .cronIsolation, "What the main session is told of it."), as: AddParameters.init)

        func job(at time: Timestamp) -> CronJob {
            CronJob(
                id: UUIDText.random(), agentID: agentID?.value, name: name, description: description,
                isEnabled: isEnabled,
                isDeletedAfterRun: isDeletedAfterRun, createdAt: time, updatedAt: time, schedule: schedule,
                target: target,
                wakeMode: wakeMode, payload: payload, isolation: isolation)
        }
    }

    private var add: Method {
        Method.awaiting(
            "cron.add", .scope(.admin), "Makes a job.", AddParameters.schema, answer: CronJob.shape.map(\.json)
        ) { _, parameters in
            var job = parameters.job(at: clock.now)
            job.agentID = try agents.value.kept(job.agentID)
            job = try cron.add(job)
            clients.announceJob(job.id, "added", job.nextRun)
            return job.json
        }
    }

    private struct Patch {
        var name: String?
        var agentID: Change<String>?
        var description: String?
        var isEnabled: Bool?
        var isDeletedAfterRun: Bool?
        var schedule: CronSchedule?
        var target: CronJob.Target?
        var wakeMode: CronJob.WakeMode?
        var payload: CronPayload.Patch?
        var isolation: CronJob.Isolation?

        static let schema = Schema(
            Field("name", .nonEmptyString, "Its name."),
            Field("agentId", .nullable(.nonEmptyString), "Whose it is; null, the default agent's."),
            Field("description", .string, "What it is for."), Field("enabled", .boolean, "Whether it is ever due."),
            Field("deleteAfterRun", .boolean, "Whether it is forgotten once it went well."),
            Field("schedule", .cronSchedule, "When it is due."),
            Field("sessionTarget", Shape<CronJob.Target>.word, "Where it is done."),
            Field(
                "wakeMode", Shape<CronJob.WakeMode>.word,
                "`now`: the main session's agent acts on it at once; else at its next turn."),
            Field("payload", .cronPayloadPatch, "What is done; what is left out stays as it is."),
            Field("isolation", .cronIsolation, "What the main session is told of it."), as: Patch.init)

        func apply(to job: inout CronJob, in agents: AgentDirectory) throws(ProtocolError) {
            job.name = name ?? job.name
            if let agentID { job.agentID = try agents.kept(agentID.value) }
            job.description = description ?? job.description
            job.isEnabled = isEnabled ?? job.isEnabled
            job.isDeletedAfterRun = isDeletedAfterRun ?? job.isDeletedAfterRun
            job.schedule = schedule ?? job.schedule
            job.target = target ?? job.target
            job.wakeMode = wakeMode ?? job.wakeMode
            if let payload { try job.payload.apply(payload) }
            job.isolation = isolation ?? job.isolation
        }
    }

    private struct UpdateParameters {
        var id: String?
        var jobID: String?
        var patch: Patch

        static let schema = Schema(
            idField, jobIDField, Field(required: "patch", .object(Patch.schema), "What is to be otherwise."),
            as: UpdateParameters.init)
    }

    private var update: Method {
        Method.awaiting(
            "cron.update", .scope(.admin), "Changes a job.", UpdateParameters.schema, answer: CronJob.shape.map(\.json)
        ) { _, parameters in
            let id = try requireID(parameters.id, parameters.jobID, of: "cron.update")
            let job = try cron.update(id) { try parameters.patch.apply(to: &$0, in: agents.value) }
            clients.announceJob(job.id, "updated", job.nextRun)
            return job.json
        }
    }

    private struct RemoveParameters {
        var id: String?
        var jobID: String?

        static let schema = Schema(idField, jobIDField, as: RemoveParameters.init)
    }

    private var remove: Method {
        Method.awaiting(
            "cron.remove", .scope(.admin), "Forgets a job. One that is being done is done to its end.",
            RemoveParameters.schema,
            answer: .object(
                Field(required: "ok", .constant(true, true), "It is not there any more."),
                Field(required: "removed", .boolean, "Whether it was there."))
        ) { _, parameters in
            let id = try requireID(parameters.id, parameters.jobID, of: "cron.remove")
            let isRemoved = try cron.remove(id)
            if isRemoved { clients.announceJob(id, "removed") }
            return ["ok": true, "removed": .bool(isRemoved)]
        }
    }

    private struct ImportParameters {
        var jobs: [JSON]
        var leavesOut: Bool
        var isTrial: Bool

        static let schema = Schema(
            Field(
                required: "jobs", .array(of: .any), "The jobs, as `cron.list` shows them and the original keeps them."),
            Field("skipBad", .boolean, default: false, "Take over the others when there is something wrong with one."),
            Field("dryRun", .boolean, default: false, "Only answer what would come of it."),
            as: ImportParameters.init)
    }

    private var takeOver: Method {
        Method.awaiting(
            "cron.import", .scope(.admin),
            "Takes over jobs that were kept elsewhere, under the ids they have: all or none. What is here already is left alone.",
            isAdvertised: false, ImportParameters.schema,
            answer: .object(
                Field(required: "ok", .boolean, "Whether nothing is wrong with any."),
                Field(required: "added", .integer(0...), "How many are new."),
                Field(required: "known", .integer(0...), "How many are here already."),
                Field(
                    required: "issues",
                    .list(
                        of: .object(
                            Field(required: "index", .integer(0...), "Which job, from 0."),
                            Field(required: "message", .string, "What is wrong with it."))),
                    "What is not taken over, and why.")
            )
        ) { _, parameters in
            let read = CronImport(parameters.jobs, at: clock.now, requireAgent: agents.value.require)
            let (added, known, issues) = try cron.take(
                read, leavesOut: parameters.leavesOut, isTrial: parameters.isTrial)
            if !parameters.isTrial {
                for job in added { clients.announceJob(job.id, "added", job.nextRun) }
            }
            return [
                "ok": .bool(issues.isEmpty), "added": .integer(Int64(added.count)), "known": .integer(Int64(known)),
                "issues": .array(issues.map { ["index": .integer(Int64($0.index)), "message": .string($0.message)] }),
            ]
        }
    }

    // MARK: Runs

    private struct RunParameters {
        enum Condition: String, CaseIterable { case due, force }

        var id: String?
        var jobID: String?
        var mode: Condition

        static let schema = Schema(
            idField, jobIDField,
            Field("mode", Shape<Condition>.word, default: .due, "Only if it is due, or in any case."),
            as: RunParameters.init)
    }

    private var run: Method {
        Method.awaiting(
            "cron.run", .scope(.admin), "Does a job now.", RunParameters.schema,
            answer: .object(
                Field(required: "ok", .boolean, "Whether nothing went wrong."),
                Field(required: "ran", .boolean, "Whether it was done."),
                Field("reason", .string, "Why it was not: `not-due` or `already-running`."))
        ) { _, parameters in
            let id = try requireID(parameters.id, parameters.jobID, of: "cron.run")
            switch try await cron.run(id, isForced: parameters.mode == .force, by: worker) {
            case .ran(let status): return ["ok": .bool(status == .ok), "ran": true]
            case .notDue: return ["ok": true, "ran": false, "reason": "not-due"]
            case .alreadyRunning: return ["ok": true, "ran": false, "reason": "already-running"]
            }
        }
    }

    private struct RunsParameters {
        var id: String?
        var jobID: String?
        var limit: Int64

        static let schema = Schema(
            idField, jobIDField, Field("limit", .integer(1...5000), default: 200, "The most entries."),
            as: RunsParameters.init)
    }

    private var runLog: Method {
        Method.awaiting(
            "cron.runs", .scope(.read), "The history of a job.", RunsParameters.schema,
            answer: .object(
                Field(required: "entries", .list(of: CronRun.shape), "The last runs, oldest first."))
        ) { _, parameters in
            let id = try requireID(parameters.id, parameters.jobID, of: "cron.runs")
            return ["entries": .array(try await cron.runs(of: id, limit: Int(parameters.limit)))]
        }
    }

    private static let idField = Field("id", .nonEmptyString, "The job.")

    private static let jobIDField = Field("jobId", .nonEmptyString, "The same, by its older name.")

    private func requireID(_ id: String?, _ jobID: String?, of method: String) throws(ProtocolError) -> String {
        guard let id = id ?? jobID else { throw ProtocolError(.invalidRequest, "invalid \(method) params: missing id") }
        return id
    }
}

extension CronJob {
    fileprivate var nextRun: JSONObject { state.nextRunAt.map { ["nextRunAtMs": $0.json] } ?? [:] }
}

extension Change {
    fileprivate var value: Value? { if case .set(let value) = self { value } else { nil } }
}

extension AgentDirectory {
    /// The agent `id` as it is kept. Throws `ProtocolError` when there is none.
    fileprivate func kept(_ id: String?) throws(ProtocolError) -> String? {
        guard let id = id?.trimmed.lowercased() else { return nil }
        try require(id)
        return id
    }
}
