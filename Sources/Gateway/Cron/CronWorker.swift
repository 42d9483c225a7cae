import GatewayProtocol
import JSON
import Logging
import Text

/// Does what scheduled jobs ask for: the main session is told something, or an agent answers in a session of the job's own,
/// which begins anew each time.
struct CronWorker: Sendable {
    let conversations: Conversations
    let sessions: SessionResolver
    let notes: SessionNotes
    let messenger: Messenger
    let agents: Current<AgentDirectory>
    let clients: Clients
    let tasks: TaskSet
    let logger: Logger

    /// Does what `job` asks for, and notes in `run` what came of it.
    func carryOut(_ job: CronJob, _ run: inout CronRun) async throws {
        let agents = agents.value
        let agentID = job.agentID ?? agents.defaultID
        try agents.require(agentID)
        switch job.payload {
        case .systemEvent(let text):
            let main = sessions.session("main", agent: agentID)
            notes.note(text, for: main.key.text)
            run.sessionKey = main.key.text
            run.summarize(text)
            if job.wakeMode == .now, let end = try await conversations.wake(main) { run.take(end) }
        case .agentTurn(let turn):
            let session = sessions.session("cron:\(job.id)", agent: agentID)
            var request = RunRequest(
                space: .agent, key: "cron:\(UUIDText.random())", sessionKey: session.key,
                clientSessionKey: session.key.text, agentID: session.agentID,
                message: "[cron:\(job.id) \(job.name)] \(turn.message)")
            request.isBeginning = true
            request.model = turn.model
            request.time = turn.time
            // The scheduler counts them itself.
            request.lane = nil
            request.isOwn = true
            request.thinking = try ThinkingLevel(turn.thinking)
            request.reply = try await route(of: turn, agent: agentID)
            run.sessionKey = session.key.text
            let answer: String
            do {
                let end = try await conversations.end(of: conversations.begin(request))
                run.take(end)
                run.summarize(end.text)
                answer = end.text
            } catch let error where !(error is CancellationError) {
                run.status = .error
                run.error = (error as? ProtocolError)?.message ?? "\(error)"
                answer = ""
            }
            try Task.checkCancellation()
            tellMain(of: run, answer, job, agent: agentID)
        }
    }

    /// Where the answer of `turn` is sent; nil when nowhere. Throws `ProtocolError` when there is no such place, and that is a fault.
    private func route(of turn: CronPayload.Turn, agent: String) async throws -> DeliveryRoute? {
        guard turn.deliver == true else { return nil }
        do {
            let main = sessions.session("main", agent: agent)
            return try await messenger.route(
                turn.channel == CronPayload.Turn.last ? nil : turn.channel, to: turn.to, lastOf: main.key)
        } catch let fault as ProtocolError where turn.bestEffortDeliver == true {
            logger.notice("the answer of a job is sent to nobody", metadata: ["reason": "\(fault.message)"])
            return nil
        }
    }

    /// Has the main session told what came of a run elsewhere.
    private func tellMain(of run: CronRun, _ answer: String, _ job: CronJob, agent: String) {
        let isolation = job.isolation ?? CronJob.Isolation()
        var body = (run.summary ?? run.error ?? run.status.rawValue).trimmed
        if isolation.mode == .full, !answer.trimmed.isEmpty {
            let limit = Int(clamping: isolation.maximum ?? CronJob.Isolation.usualMaximum)
            body = answer.trimmed
            if body.count > limit { body = body.prefix(limit) + "…" }
        }
        let given = isolation.prefix?.trimmed ?? ""
        let prefix = given.isEmpty ? "Cron" : given
        let main = sessions.session("main", agent: agent)
        notes.note(
            "\(prefix)\(run.status == .ok ? "" : " (\(run.status.rawValue))"): \(body)", for: main.key.text)
        if job.wakeMode == .now { conversations.wakeSoon(main) }
    }
}

extension Clients {
    /// Tells everybody of something about the job `id`.
    func announceJob(_ id: String, _ action: String, _ more: JSONObject = JSONObject()) {
        var object: JSONObject = ["jobId": .string(id), "action": .string(action)]
        for member in more.members { object[member.name] = member.value }
        broadcast(.cron, .object(object), isDroppable: true)
    }
}
