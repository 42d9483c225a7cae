import GatewayProtocol
import Logging
import Text

extension Gateway {
    /// Does what `job` asks for, and notes in `run` what came of it: the main session is told something, or an agent
    /// answers in a session of the job's own, which begins anew each time.
    func carryOut(_ job: CronJob, _ run: inout CronRun) async throws {
        let agentID = job.agentID ?? agents.defaultID
        try requireAgent(agentID)
        switch job.payload {
        case .systemEvent(let text):
            let main = session("main", agent: agentID)
            note(text, for: main.key.text)
            run.sessionKey = main.key.text
            run.summarize(text)
            if job.wakeMode == .now, let end = try await conversations.wake(main) { run.take(end) }
        case .agentTurn(let turn):
            let session = session("cron:\(job.id)", agent: agentID)
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
        let main = session("main", agent: agent)
        note(
            "\(prefix)\(run.status == .ok ? "" : " (\(run.status.rawValue))"): \(body)", for: main.key.text)
        if job.wakeMode == .now { wakeSoon(main) }
    }

    /// Has the agent of the session act on what it was told, beside the caller.
    func wakeSoon(_ session: (key: SessionKey, agentID: String)) {
        tasks.start { [self] in
            do {
                _ = try await conversations.wake(session)
            } catch is CancellationError {
                // The gateway ends.
            } catch {
                logger.warning(
                    "a session could not be woken", metadata: ["session": "\(session.key)", "error": "\(error)"])
            }
        }
    }
}

extension Conversations {
    /// What an agent is asked that is to act on what happened.
    private static let wakeMessage =
        "Something happened that you are told of above. Act on it. If there is nothing to do, answer HEARTBEAT_OK."

    /// Has the agent of `session` act on what it was told, and waits for the end of that turn. Nil when no model answers
    /// there: then what it was told waits for whoever comes.
    func wake(_ session: (key: SessionKey, agentID: String)) async throws -> RunEnd? {
        guard gateway.agents.named(session.agentID)?.hasModel == true else { return nil }
        var request = RunRequest(
            space: .agent, key: "wake:\(UUIDText.random())", sessionKey: session.key,
            clientSessionKey: session.key.text, agentID: session.agentID, message: Self.wakeMessage)
        request.isOwn = true
        return try await end(of: begin(request))
    }
}
