import Configuration
import Files
import GatewayProtocol
import JSON
import Logging
import Time

/// Conversations with the agents of a gateway: every way in (chat, agent, HTTP, cron, channels) leads here.
final class Conversations: Sendable {
    private let store: ConversationStore
    let agents: Current<AgentDirectory>
    /// Who answers where no model is configured.
    let ownResponder: any Responder
    /// What is being answered.
    private let runs: RunTable
    private let lanes: Lanes
    /// What sessions are told beside what was written.
    private let systemEvents: SystemEvents
    /// Told how answers come along.
    private let clients: Clients
    /// Where pictures are kept.
    let state: HostileDirectory
    let tasks: TaskSet
    private let redactor: GrowingRedactor
    /// Runs that ended, by agent and how.
    private let tally: Tally
    /// Counts what was refused because there was too much.
    private let limits: Tally
    private let clock: WallClock
    let logger: Logger

    init(
        store: ConversationStore, agents: Current<AgentDirectory>, ownResponder: any Responder, runs: RunTable,
        lanes: Lanes, systemEvents: SystemEvents, clients: Clients, state: HostileDirectory, tasks: TaskSet,
        redactor: GrowingRedactor, tally: Tally, limits: Tally, clock: WallClock, logger: Logger
    ) {
        self.store = store
        self.agents = agents
        self.ownResponder = ownResponder
        self.runs = runs
        self.lanes = lanes
        self.systemEvents = systemEvents
        self.clients = clients
        self.state = state
        self.tasks = tasks
        self.redactor = redactor
        self.tally = tally
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    // MARK: Asking

    /// Takes the run `request` asks for a place in its session's line, at once: who calls first comes first. It must
    /// be given to `accept`. Throws `ProtocolError` when the gateway ends, or too much waits.
    func claim(_ request: RunRequest) throws(ProtocolError) -> Claim {
        guard request.sessionKey.text.unicodeScalars.count <= ProtocolLimits.storedSessionKeyCharacters else {
            throw .sessionKeyTooLong
        }
        do throws(RunTable.Refusal) {
            let (run, isNew) = try runs.claim(request)
            return Claim(run: run, isNew: isNew)
        } catch {
            switch error {
            case .closed: throw .stopping
            case .full:
                limits.add("runs", "refused")
                throw ProtocolError(
                    .unavailable, "too many messages wait to be answered; try again when some have been",
                    isRetryable: true)
            }
        }
    }

    /// A run, and whether this request was the first to ask for it.
    struct Claim: Sendable {
        let run: ActiveRun
        let isNew: Bool
    }

    /// What became of a request.
    enum Reception: Sendable {
        /// It is on disk, and will be answered.
        case started(ActiveRun)
        /// It is being answered already.
        case underWay(ActiveRun)
        /// It was answered before.
        case over(Run)
    }

    /// Takes the message in. Returns when that is on disk; throws `ProtocolError` when it cannot be, and then nothing
    /// was taken in.
    func accept(_ claim: Claim) async throws -> Reception {
        let run = claim.run
        guard claim.isNew else {
            switch try await run.acceptance.wait().get() {
            case .kept: return run.end.current.map { .over(run.record(of: $0)) } ?? .underWay(run)
            case .known(let known): return .over(known)
            }
        }
        do {
            try await run.place.waitToQueue()
            switch try await store.accept(run, whenQueued: { run.place.noteQueued() }) {
            case .known(let known):
                runs.leave(run, isForgotten: true)
                run.acceptance.fulfil(.success(.known(known)))
                return .over(known)
            case .kept(let sessionID, let place):
                run.acceptance.fulfil(.success(.kept(sessionID: sessionID, place: place)))
                run.carry(by: tasks.start { [self] in await carryOut(run, sessionID: sessionID, at: place) })
                return .started(run)
            }
        } catch {
            let fault =
                error is CancellationError
                ? ProtocolError.stopping
                : error as? ProtocolError
                    ?? ProtocolError(.unavailable, "the message could not be kept: \(error)")
            giveUp(run, fault)
            throw fault
        }
    }

    /// Forgets a run that was not accepted.
    func giveUp(_ run: ActiveRun, _ fault: ProtocolError) {
        runs.leave(run, isForgotten: true)
        run.acceptance.fulfil(.failure(fault))
    }

    /// Asks for a caller inside the gateway, whose keys nobody else uses. Returns when the message is on disk.
    func begin(_ request: RunRequest, _ attachments: Attachments? = nil) async throws -> ActiveRun {
        let claim = try claim(request)
        if let attachments, claim.isNew { try claim.keep(attachments, in: self) }
        switch try await accept(claim) {
        case .started(let run), .underWay(let run): return run
        case .over(let record): throw ProtocolError(.invalidRequest, "the run \(record.runID) is over")
        }
    }

    /// Waits for the end of `run`. The run ends when the caller's task is cancelled: nobody else waits for it.
    func end(of run: ActiveRun) async throws -> RunEnd {
        try await withTaskCancellationHandler {
            try await run.end.wait()
        } onCancel: {
            abort(run, .client)
        }
    }

    /// Has `body` follow the answer of `run` as it grows; see `RunVoice.texts`. The run ends when `body` gives up, or
    /// the caller's task is cancelled.
    func watch(_ run: ActiveRun, _ body: (AsyncStream<String>) async throws -> Void) async throws {
        do {
            try await withTaskCancellationHandler {
                try await body(run.voice.texts())
            } onCancel: {
                abort(run, .client)
            }
        } catch {
            abort(run, .client)
            throw error
        }
    }

    // MARK: Ending

    /// Ends the runs of the session `key`, or the one called `id`. Returns those that it ended.
    func abort(session key: SessionKey, run id: String? = nil, _ cause: AbortCause) throws(ProtocolError) -> [String] {
        if let id {
            guard let run = runs.run(id), run.end.current == nil else { return [] }
            guard run.request.sessionKey == key else {
                throw ProtocolError(.invalidRequest, "runId does not match sessionKey")
            }
            return abort(run, cause) ? [id] : []
        }
        return runs.open.filter { $0.request.sessionKey == key && abort($0, cause) }.map(\.id)
    }

    /// Ends the runs of the session `key`, and waits until their agents have let go. Returns whether they did in time.
    func clear(_ key: SessionKey, within time: TimeSpan) async throws -> Bool {
        let deadline = ContinuousClock.now + time.duration
        let open = runs.open.filter { $0.request.sessionKey == key }
        for run in open { abort(run, .client) }
        for run in open {
            guard try await run.end.wait(atMost: max(.zero, deadline - .now)) != nil else { return false }
        }
        return true
    }

    /// Ends every run: the gateway is about to.
    func abortAll() {
        runs.close()
        for run in runs.open { abort(run, .shutdown) }
    }

    /// Clients hear of it at once; what there is of an answer is kept when the agent has let go.
    @discardableResult
    private func abort(_ run: ActiveRun, _ cause: AbortCause) -> Bool {
        guard run.abort(cause) else { return false }
        run.voice.finish(end(of: run, .aborted, text: run.voice.text), of: run, to: clients)
        return true
    }

    /// Waits for the end of the run `id`; nil when it does not come in time.
    func wait(for id: String, atMost time: TimeSpan) async throws -> Run? {
        let deadline = ContinuousClock.now + time.duration
        // One that nobody knows may be asked for meanwhile.
        return try await runs.expecting(id) { coming in
            if coming.current == nil, let known = try await store.run(id), known.status.isEnd { return known }
            guard let run = try await coming.wait(atMost: max(.zero, deadline - .now)) else { return nil }
            return try await run.end.wait(atMost: max(.zero, deadline - .now)).map(run.record)
        }
    }

    // MARK: Carrying out

    private func carryOut(_ run: ActiveRun, sessionID: String, at place: Int64?) async {
        var end: RunEnd
        var providerSession: String?
        do {
            try await run.place.waitForTurn()
            let reply = try await inLane(run.request.lane) {
                run.start(at: clock.now)
                run.voice.begin(run, to: clients)
                return try await answer(run, sessionID: sessionID, at: place)
            }
            end = self.end(of: run, .ok, text: reply.text)
            (end.provider, end.model) = (reply.provider, reply.model)
            (end.usage, end.members) = (reply.usage, reply.members)
            providerSession = reply.providerSession
        } catch is CancellationError {
            _ = run.abort(.shutdown)
            end = self.end(of: run, .aborted, text: run.voice.text)
        } catch {
            end = self.end(of: run, run.abortCause == nil ? .error : .aborted, text: run.voice.text)
            if end.status == .error {
                // Programs complain of their arguments, in which there may be a key.
                end.error = redactor.redacted("\((error as? ProtocolError)?.message ?? "\(error)")")
                end.isTimeout = (error as? any ResponderError)?.isTimeout ?? false
            }
        }
        end.sessionID = sessionID
        let isKept = await keep(&end, of: run, providerSession)
        tally.add(run.request.agentID, end.status.rawValue)
        // First: who hears of the end and asks again is answered with it.
        run.end.fulfil(end)
        run.voice.finish(end, of: run, to: clients)
        runs.leave(run, isForgotten: isKept)
    }

    private func inLane(_ lane: String?, _ body: () async throws -> Reply) async throws -> Reply {
        guard let lane else { return try await body() }
        return try await lanes.pass(lane, body)
    }

    private func answer(_ run: ActiveRun, sessionID: String, at place: Int64?) async throws -> Reply {
        if run.request.isEmpty {
            return Reply(text: "A new conversation begins.")
        }
        let entry = try await store.session(run.request.sessionKey)
        let agents = agents.value
        guard let agent = agents.named(run.request.agentID) else {
            throw ProtocolError(.invalidRequest, "unknown agent \"\(run.request.agentID)\"")
        }
        var models = agent.models
        if let model = run.request.model ?? entry?.modelOverride { models = [ModelName(model)] + models }
        let candidates = try agents.responders(for: models, operator: ownResponder)
        let notes = systemEvents.take(for: run.request.sessionKey.text)
        var failure: (any Error)?
        for (responder, model) in candidates {
            let turn = Turn(
                runID: run.id, agent: agent, sessionKey: run.request.sessionKey.text, sessionID: sessionID,
                message: run.request.message, isByAdmin: run.request.isByAdmin, notes: notes,
                images: run.request.images, model: model,
                systemPrompt: agents.systemPrompt(
                    for: agent, session: run.request.sessionKey.text, extra: run.request.extraSystemPrompt),
                providerSession: entry?.sessionID == sessionID ? entry?.providerSession(responder.id) : nil,
                time: run.request.time ?? agents.time, thinking: entry?[.thinking],
                history: { [store] in
                    guard let place else { return [] }
                    return try await store.history(in: sessionID, before: place)
                })
            do {
                return try await responder.answer(turn) { [clients] text in
                    run.voice.progress(text, of: run, to: clients)
                }
            } catch let error where !(error is CancellationError) && run.voice.text.isEmpty {
                logger.warning(
                    "no answer", metadata: ["run": "\(run.id)", "provider": "\(responder.id)", "error": "\(error)"])
                // Only an answer nobody has seen a part of may be another's.
                failure = failure ?? error
                try Task.checkCancellation()
            }
        }
        throw failure ?? ProtocolError(.unavailable, "nobody is there to answer")
    }

    /// Writes down how the run ended. A disk that takes no more makes an error of it, which clients then hear. Returns
    /// whether it is on disk.
    private func keep(_ end: inout RunEnd, of run: ActiveRun, _ providerSession: String?) async -> Bool {
        do {
            let isQuiet = run.request.quietLimit.map { HeartbeatReply(end.text).isQuiet(within: $0) } ?? false
            try await store.finish(run.record, end, providerSession: providerSession, isUse: !isQuiet)
            return true
        } catch {
            logger.error("an answer could not be kept", metadata: ["run": "\(run.id)", "error": "\(error)"])
            end.status = .error
            end.error = "the answer could not be kept: \(error)"
            return false
        }
    }

    private func end(of run: ActiveRun, _ status: RunEnd.Status, text: String) -> RunEnd {
        RunEnd(status: status, startedAt: run.startedAt, endedAt: clock.now, text: text)
    }
}

extension ProtocolError {
    /// Nothing new is begun any more.
    static let stopping = ProtocolError(.unavailable, "the gateway is stopping")
}
