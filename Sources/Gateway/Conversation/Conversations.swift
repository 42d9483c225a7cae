import AgentLoop
import Configuration
import Files
import GatewayProtocol
import JSON
import Logging
import Time
import Tools

/// Conversations with the agents of a gateway: every way in (chat, agent, HTTP, cron, channels) leads here.
final class Conversations: Sendable {
    let store: ConversationStore
    /// What becomes of messages that come while an agent is answering.
    let queue: Current<QueueSection>
    let agents: Current<AgentDirectory>
    /// Who answers where no model is configured.
    let ownResponder: any Responder
    /// What is being answered.
    private let runs: RunTable
    private let lanes: Lanes
    /// What models may call.
    private let tools: AgentTools
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
    let clock: WallClock
    let logger: Logger

    init(
        store: ConversationStore, queue: Current<QueueSection>, agents: Current<AgentDirectory>,
        ownResponder: any Responder, runs: RunTable,
        lanes: Lanes, tools: AgentTools, systemEvents: SystemEvents, clients: Clients, state: HostileDirectory,
        tasks: TaskSet,
        redactor: GrowingRedactor, tally: Tally, limits: Tally, clock: WallClock, logger: Logger
    ) {
        self.store = store
        self.queue = queue
        self.agents = agents
        self.ownResponder = ownResponder
        self.runs = runs
        self.lanes = lanes
        self.tools = tools
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
            try await makeRoom(for: run)
            switch try await store.accept(run, whenQueued: { run.place.noteQueued() }) {
            case .known(let known):
                runs.leave(run, isForgotten: true)
                run.acceptance.fulfil(.success(.known(known)))
                return .over(known)
            case .kept(let kept):
                run.acceptance.fulfil(.success(.kept(kept)))
                run.carry(by: tasks.start { [self] in await carryOut(run, kept) })
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

    /// Takes places for the runs that an earlier process left, and returns what has them go on. Who asks for one of them again
    /// finds it under way.
    func resume(_ left: ConversationStore.Leftovers) -> @Sendable () -> Void {
        var resumed: [(run: ActiveRun, kept: ActiveRun.Kept)] = []
        for (request, kept) in left.unfinished {
            do throws(RunTable.Refusal) {
                let run = try runs.claim(request).run
                run.place.noteQueued()
                run.acceptance.fulfil(.success(.kept(kept)))
                resumed.append((run, kept))
            } catch {
                // It stays open, and has its turn after the next start.
                logger.error("a run cannot go on: too many wait", metadata: ["run": "\(request.key)"])
            }
        }
        return { [self, resumed] in
            for (run, kept) in resumed {
                run.carry(by: tasks.start { [self] in await carryOut(run, kept) })
            }
        }
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

    /// The runs that are not over, in the order in which they were asked for.
    var openRuns: [ActiveRun] { runs.open }

    /// Tells the agent at its next turn how a message began that is not answered because too many waited.
    func noteLeftOut(_ request: RunRequest) {
        // However long it is, no more of it is looked at.
        let beginning = request.message.prefix(1000).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            .prefix(160)
        do {
            try systemEvents.add(
                "A message was left out because too many waited: \(beginning)", for: request.sessionKey.text)
        } catch {
            logger.notice("a message was left out, and its agent is not told", metadata: ["run": "\(request.key)"])
        }
    }

    /// Clients hear of it at once; what there is of an answer is kept when the agent has let go.
    @discardableResult
    func abort(_ run: ActiveRun, _ cause: AbortCause) -> Bool {
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

    /// The session of the run `id`; nil when it is not known, or not any more.
    func session(ofRun id: String) async throws -> SessionKey? {
        if let run = runs.run(id) { return run.request.sessionKey }
        return try await store.run(id)?.sessionKey
    }

    // MARK: Carrying out

    private func carryOut(_ run: ActiveRun, _ kept: ActiveRun.Kept) async {
        var end: RunEnd
        var providerSession: String?
        do {
            if let change = run.request.queueChange {
                let text = try await changeQueue(change, run.request)
                end = self.end(of: run, .ok, text: text)
                end.isKept = false
            } else if try await waitForTurn(run, kept) {
                let reply = try await inLane(run.request.lane) {
                    run.start(at: clock.now)
                    run.voice.begin(run, to: clients)
                    return try await answer(run, kept)
                }
                end = self.end(of: run, .ok, text: run.voice.whole(endingWith: reply.text))
                (end.lastText, end.lastUsage) = (reply.text, reply.usage)
                (end.provider, end.model) = (reply.provider, reply.model)
                end.usage = reply.usage.map { usage in reply.earlierUsage.map(usage.adding) ?? usage }
                end.members = reply.members
                providerSession = reply.providerSession
            } else {
                // Another turn answers it.
                end = self.end(of: run, .ok, text: "")
            }
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
        run.steering.close()
        end.sessionID = kept.sessionID
        let isKept = await keep(&end, of: run, providerSession)
        tally.add(run.request.agentID, end.status.rawValue)
        // First: who hears of the end and asks again is answered with it.
        run.end.fulfil(end)
        run.voice.finish(end, of: run, to: clients)
        runs.leave(run, isForgotten: isKept)
    }

    /// Changes what becomes of messages in the session of `request`, and says what that is then.
    private func changeQueue(_ change: QueueChange, _ request: RunRequest) async throws -> String {
        if let fault = change.fault { return fault }
        let entry = try await store.change(change, of: request.sessionKey)
        return QueueRules(queue.value, entry, channel: request.channel ?? "").text
    }

    private func inLane(_ lane: String?, _ body: () async throws -> Reply) async throws -> Reply {
        guard let lane else { return try await body() }
        return try await lanes.pass(lane, body)
    }

    private func answer(_ run: ActiveRun, _ kept: ActiveRun.Kept) async throws -> Reply {
        let (request, sessionID) = (run.request, kept.sessionID)
        if request.isCompaction {
            let session = (key: request.sessionKey, agentID: request.agentID)
            return Reply(text: Self.text(of: try await compact(session)))
        }
        if request.isEmpty { return Reply(text: "A new conversation begins.") }
        let entry = try await store.session(request.sessionKey)
        let agents = agents.value
        let (agent, candidates) = try candidates(request.agentID, entry, preferring: request.model)
        let notes = systemEvents.take(for: request.sessionKey.text)
        let verbosity = RunVoice.Verbosity(rawValue: entry?[.verbose] ?? agents.verbosity ?? "") ?? .off
        let beginning = try await store.begin(run, kept)
        var failure: (any Error)?
        for (responder, model) in candidates {
            let turn = Turn(
                runID: run.id, agent: agent, sessionKey: request.sessionKey.text, sessionID: sessionID,
                message: request.message, collected: run.collected, isByAdmin: request.isByAdmin, notes: notes,
                images: request.images, model: model,
                systemPrompt: agents.systemPrompt(
                    for: agent, session: request.sessionKey.text, extra: request.extraSystemPrompt),
                providerSession: entry?.sessionID == sessionID ? entry?.providerSession(responder.id) : nil,
                time: request.time ?? agents.time, thinking: entry?[.thinking],
                conversation: { [store] in
                    guard let place = kept.place else { return KeptConversation() }
                    return try await store.conversation(in: sessionID, answering: place, begunAfter: beginning)
                },
                journal: RunJournal(
                    sessionKey: request.sessionKey, sessionID: sessionID, store: store, clock: clock, voice: run.voice),
                steering: RunSteering(
                    steering: run.steering, sessionKey: request.sessionKey, sessionID: sessionID, store: store,
                    clock: clock),
                tools: tools.set(for: agent.id, provider: responder.id, model: model))
            do {
                return try await responder.answer(turn) { [self] in tell($0, of: run, verbosity) }
            } catch let error
                where !(error is CancellationError) && run.voice.unsettledText.isEmpty
                && (error as? any ResponderError)?.isForAnother ?? true
            {
                logger.warning(
                    "no answer", metadata: ["run": "\(run.id)", "provider": "\(responder.id)", "error": "\(error)"])
                // Only an answer nobody has seen a part of may be another's.
                failure = failure ?? error
                try Task.checkCancellation()
            }
        }
        throw failure ?? ProtocolError(.unavailable, "nobody is there to answer")
    }

    /// The agent `id`, and who may answer for it in the session of `entry`, in order: `model` or what the session chose, then the
    /// agent's own. Throws `ProtocolError`.
    private func candidates(
        _ id: String, _ entry: SessionEntry?, preferring model: String? = nil
    ) throws(ProtocolError) -> (agent: Agent, [(responder: any Responder, model: String?)]) {
        let agents = agents.value
        guard let agent = agents.named(id) else {
            throw ProtocolError(.invalidRequest, "unknown agent \"\(id)\"")
        }
        var models = agent.models
        if let model = model ?? entry?.modelOverride { models = [ModelName(model)] + models }
        return (agent, try agents.responders(for: models, operator: ownResponder))
    }

    // MARK: Summing up

    /// Sums up the older part of the conversation of `session`, beside whatever is being answered there: what is written
    /// meanwhile comes after the summary.
    func compact(_ session: (key: SessionKey, agentID: String)) async throws -> CompactionOutcome {
        guard let entry = try await store.session(session.key) else { return .unable }
        let (agent, candidates) = try candidates(session.agentID, entry)
        var failure: (any Error)?
        for (responder, model) in candidates {
            let turn = Turn(
                runID: "", agent: agent, sessionKey: session.key.text, sessionID: entry.sessionID, message: "",
                model: model, time: agents.value.time,
                conversation: { [store] in try await store.conversation(in: entry.sessionID) },
                journal: RunJournal(
                    sessionKey: session.key, sessionID: entry.sessionID, store: store, clock: clock, voice: nil))
            do {
                let outcome = try await responder.compact(turn)
                if outcome != .unable { return outcome }
            } catch  where !(error is CancellationError) {
                failure = failure ?? error
                try Task.checkCancellation()
            }
        }
        if let failure { throw failure }
        return .unable
    }

    private static func text(of outcome: CompactionOutcome) -> String {
        switch outcome {
        case .unable: "This conversation cannot be summed up: no model of a service answers in it."
        case .nothing: "There is nothing to sum up yet."
        case .done(let before, let after):
            "The older part of this conversation was summed up: it took about \(before) tokens, and takes about \(after) now."
        }
    }

    // MARK: Telling

    /// Has clients told how the answer of `run` goes on.
    private func tell(_ event: TurnEvent, of run: ActiveRun, _ verbosity: RunVoice.Verbosity) {
        switch event {
        case .text(let text): run.voice.progress(text, of: run, to: clients)
        case .textDelta(let more): run.voice.append(more, of: run, to: clients)
        case .thinking(let more): run.voice.think(more, of: run, to: clients)
        case .toolStart(let call): run.voice.tool(.start, call, nil, verbosity, of: run, to: clients)
        case .toolUpdate(let call, let output): run.voice.tool(.update, call, output, verbosity, of: run, to: clients)
        case .toolEnd(let call, let output): run.voice.tool(.result, call, output, verbosity, of: run, to: clients)
        case .withoutTools:
            logger.notice("a model takes no tools, and is asked without them", metadata: ["run": "\(run.id)"])
        case .compactionFailed(let failure):
            logger.warning(
                "a conversation could not be summed up", metadata: ["run": "\(run.id)", "error": "\(failure)"])
        }
    }

    /// Writes down how the run ended. A disk that takes no more makes an error of it, which clients then hear. Returns
    /// whether it is on disk.
    private func keep(_ end: inout RunEnd, of run: ActiveRun, _ providerSession: String?) async -> Bool {
        do {
            let isQuiet = run.request.quietLimit.map { HeartbeatReply(end.text).isQuiet(within: $0) } ?? false
            try await store.finish(
                run.record, end, providerSession: providerSession, isUse: !isQuiet,
                word: isQuiet ? nil : end.word(of: run), route: run.request.reply)
            return true
        } catch {
            logger.error("an answer could not be kept", metadata: ["run": "\(run.id)", "error": "\(error)"])
            end.status = .error
            end.error = "the answer could not be kept: \(error)"
            return false
        }
    }

    private func end(of run: ActiveRun, _ status: RunEnd.Status, text: String) -> RunEnd {
        RunEnd(
            status: status, startedAt: run.startedAt, endedAt: clock.now, text: text,
            lastText: status == .ok ? nil : run.voice.unsettledText)
    }
}

extension ProtocolError {
    /// Nothing new is begun any more.
    static let stopping = ProtocolError(.unavailable, "the gateway is stopping")
}
