import AgentLoop
import Files
import GatewayProtocol
import JSON
import Storage
import Time

/// What conversations need of the database. What a call was to write is on disk when it returns.
struct ConversationStore: Sendable {
    let database: InstanceDatabase
    let settings: Current<SessionSettings>
    /// Rung when there is something to say through a messaging service.
    var bell = DeliveryBell()

    /// Keeps what `run` is to answer, and that it is to; where it answers at once, also that it has begun. Where the run is known
    /// already, nothing is changed.
    ///
    /// Throws `ProtocolError` when its session cannot be so called.
    func accept(
        _ run: ActiveRun, whenQueued: () -> Void = {}
    ) async throws -> ActiveRun.Acceptance {
        let request = run.request
        let (key, time) = (request.sessionKey, run.acceptedAt)
        let settings = settings.value
        // Who stands first now goes on doing so.
        let isFirst = run.place.isFirst
        return try await database.write(whenQueued: whenQueued) { transaction in
            let accepted = try transaction.runs.accept(run.record)
            guard accepted.isNew else { return .known(accepted.run) }
            if request.isBeginning { _ = try transaction.sessions.reset(key, at: time) }
            let before = request.quietLimit == nil ? nil : try transaction.sessions.find(key)
            var entry = try transaction.sessions.use(key, policy: settings.resets.policy(for: key), at: time)
            guard settings.accepts(request, for: entry) else {
                throw ProtocolError(.invalidRequest, "send blocked by session policy")
            }
            var isChanged = try entry.take(request, in: transaction)
            if let id = request.newSessionID, try !transaction.transcripts.exists(entry.sessionID) {
                entry.sessionID = id
                isChanged = true
            }
            if let before, before.sessionID == entry.sessionID {
                entry.updatedAt = before.updatedAt
                isChanged = true
            }
            if isChanged { try transaction.sessions.save(entry) }
            var place: Int64?
            if !request.isEmpty {
                let message = ChatMessage(role: .user, text: request.message, timestamp: time)
                place = try transaction.transcripts.append(message, to: entry, at: time).sequence
            }
            var kept = ActiveRun.Kept(sessionID: entry.sessionID, place: place)
            if request.isPromised {
                if isFirst { kept.begunAfter = try place ?? transaction.transcripts.lastPlace(entry.sessionID) }
                try transaction.runs.keep(
                    RunTask(request: request.kept, sessionID: entry.sessionID, place: place), of: run.id,
                    begunAfter: kept.begunAfter)
            }
            return .kept(kept)
        }
    }

    /// The agent of `run` begins, perhaps once more. Returns the last place of its transcript when it began first.
    func begin(_ run: ActiveRun, _ kept: ActiveRun.Kept) async throws -> Int64 {
        if let place = kept.begunAfter { return place }
        guard run.request.isPromised else {
            return try await database.read { try $0.transcripts.lastPlace(kept.sessionID) }
        }
        return try await database.write { transaction in
            try transaction.runs.begin(run.id, after: transaction.transcripts.lastPlace(kept.sessionID))
        }
    }

    /// Keeps `message` as the newest of the session `key`; nil when there is no such session.
    func add(_ message: ChatMessage, to key: SessionKey) async throws -> AppendedMessage? {
        try await database.write { transaction in
            guard var entry = try transaction.sessions.find(key) else { return nil }
            entry.updatedAt = max(entry.updatedAt, message.timestamp)
            try transaction.sessions.save(entry)
            return try transaction.transcripts.append(message, to: entry, at: message.timestamp)
        }
    }

    /// How the session `key` stands.
    func session(_ key: SessionKey) async throws -> SessionEntry? {
        try await database.read { try $0.sessions.find(key) }
    }

    /// The session that writes the transcript `id`.
    func session(writing id: String) async throws -> SessionEntry? {
        try await database.read { try $0.sessions.find(sessionID: id) }
    }

    /// Keeps that `run` ended as `end` says, and its answer. `isUse` says whether its session was used by it. What is to be
    /// said of it elsewhere is `word`, at `route`.
    func finish(
        _ run: Run, _ end: RunEnd, providerSession: String?, isUse: Bool, word: String? = nil,
        route: DeliveryRoute? = nil
    ) async throws {
        defer { if route != nil { bell.ring() } }
        try await database.write { transaction in
            if let route, let word {
                try transaction.deliveries.add(route.said(word), to: route, run: run.runID, at: end.endedAt)
            }
            if let startedAt = end.startedAt { try transaction.runs.start(run.runID, at: startedAt) }
            try transaction.runs.end(
                run.runID, end.status.runStatus, error: end.error, result: end.result, at: end.endedAt)
            guard let key = run.sessionKey, let sessionID = end.sessionID else { return }
            if let answer = end.keptMessage {
                // The transcript that holds the message, also when its session has begun anew meanwhile.
                let entry = SessionEntry(key: key, sessionID: sessionID, updatedAt: end.endedAt)
                try transaction.transcripts.append(answer, to: entry, at: end.endedAt)
            }
            guard var entry = try transaction.sessions.find(key), entry.sessionID == sessionID else { return }
            if isUse { entry.updatedAt = max(entry.updatedAt, end.endedAt) }
            entry.note(end, providerSession: providerSession)
            try transaction.sessions.save(entry)
        }
    }

    /// The run with this id.
    func run(_ id: String) async throws -> Run? {
        try await database.read { try $0.runs.find(id) }
    }

    /// The newest messages of the session `key`, oldest first.
    func history(of key: SessionKey, limit: Int) async throws -> (entry: SessionEntry?, messages: [JSON]) {
        try await database.read { transaction in
            guard let entry = try transaction.sessions.find(key) else { return (nil, []) }
            return (entry, try transaction.transcripts.page(entry.sessionID, limit: limit).map(\.message))
        }
    }

    /// The most lines of a conversation that are read to be said again.
    private static let replayLimit = 4000

    /// What the transcript `sessionID` keeps of the conversation, of which the message at `place` is to be answered. That began
    /// when there was no line behind `beginning`.
    func conversation(
        in sessionID: String, answering place: Int64? = nil, begunAfter beginning: Int64? = nil
    ) async throws -> KeptConversation {
        try await database.read { transaction in
            KeptConversation(
                try transaction.transcripts.lines(sessionID, limit: Self.replayLimit), answering: place,
                begunAfter: beginning)
        }
    }

    /// Keeps what happens in the transcript `sessionID` of the session `key` before an answer is whole; returns its id there.
    func keep(_ step: TranscriptStep, in sessionID: String, of key: SessionKey, at time: Timestamp) async throws
        -> String
    {
        try await database.write { transaction in
            let place = SessionEntry(key: key, sessionID: sessionID, updatedAt: time)
            let kept =
                switch step {
                case .message(let message, _): try transaction.transcripts.append(message, to: place, at: time)
                case .compaction(let compaction, let usage):
                    try transaction.transcripts.append(
                        summary: compaction.summary, firstKeptID: compaction.firstKeptID,
                        tokensBefore: compaction.tokensBefore, details: ["usage": usage.json], to: place, at: time)
                }
            if var entry = try transaction.sessions.find(key), entry.sessionID == sessionID {
                switch step {
                case .message(_, let usage): if let usage { entry.add(usage) }
                case .compaction(_, let usage):
                    entry.add(usage)
                    entry.noteCompaction()
                }
                try transaction.sessions.save(entry)
            }
            return kept.id
        }
    }

    /// Keeps that a turn in the transcript `sessionID` of the session `key` took in the message at `place`. Returns what the
    /// transcript calls it.
    func keep(steering place: Int64, in sessionID: String, of key: SessionKey, at time: Timestamp) async throws
        -> String?
    {
        try await database.write { transaction in
            try transaction.transcripts.append(
                steering: place, to: SessionEntry(key: key, sessionID: sessionID, updatedAt: time), at: time)
        }
    }

    /// Makes `change` to the queue of the session `key`, and returns the session as it is then.
    func change(_ change: QueueChange, of key: SessionKey) async throws -> SessionEntry? {
        try await database.write { transaction in
            guard var entry = try transaction.sessions.find(key) else { return nil }
            entry.take(change)
            try transaction.sessions.save(entry)
            return entry
        }
    }

    /// How long an ended run is known by its key: a week. Who has not asked again by then, will not.
    static let runLifetime = TimeSpan(7, .days)

    /// How many ended runs are known by their keys.
    static let runLimit = 100_000

    /// Forgets the runs that ended longer ago than `runLifetime`, the oldest of more than `runLimit`, and what nobody will say
    /// any more.
    func forgetOldRuns(at time: Timestamp) async throws {
        try await database.write { transaction in
            try transaction.runs.forget(endedBefore: time - Self.runLifetime)
            try transaction.runs.forget(allButNewest: Self.runLimit)
            // Those of accounts that are connected are given up earlier, and told of.
            try transaction.deliveries.forget(enteredBefore: time - Delivery.lifetime - Delivery.lifetime)
        }
    }

    /// What an earlier process left.
    struct Leftovers: Sendable {
        /// Runs that are to go on, oldest first.
        var unfinished: [(request: RunRequest, kept: ActiveRun.Kept)] = []
        /// How many runs were ended, because who asked is gone, or they were begun too often.
        var endedCount = 0
    }

    /// Why a run is ended that crashes have cut off too often.
    static let tooManyAttempts =
        "the gateway ended \(UnfinishedRun.attemptLimit) times while this was being answered, so it is not tried again; say it "
        + "once more if it is still wanted"

    /// Ends those of the runs an earlier process left open that are not to go on, marks their sessions, and returns the others.
    /// Holds up the caller: for the start.
    func recover(at time: Timestamp) throws(StorageError) -> Leftovers {
        // Mostly there are none, and then there is nothing to flush.
        guard try database.readNow({ try $0.runs.isAnyOpen() }) else { return Leftovers() }
        return try database.writeNow { transaction in
            var leftovers = Leftovers()
            var ended: [SessionKey?] = []
            for run in try transaction.runs.unfinished() {
                guard run.attempts < UnfinishedRun.attemptLimit else {
                    try Self.giveUp(run, at: time, in: transaction)
                    ended.append(run.sessionKey)
                    continue
                }
                let message = try run.task.place.map { try transaction.transcripts.text(run.task.sessionID, at: $0) }
                // Without its message there is nothing to answer.
                guard let text = message ?? "", let request = RunRequest(run, message: text) else { continue }
                leftovers.unfinished.append(
                    (request, ActiveRun.Kept(sessionID: run.task.sessionID, place: run.task.place)))
            }
            let kept = Set(leftovers.unfinished.map(\.request.key))
            ended += try transaction.runs.endAllOpen(
                except: kept, error: "the gateway ended before the run did", at: time
            ).map(\.sessionKey)
            for key in Set(ended.compactMap(\.self)) {
                do {
                    guard var entry = try transaction.sessions.find(key) else { continue }
                    entry.abortedLastRun = true
                    try transaction.sessions.save(entry)
                } catch is SetAside {
                    // It says so itself to whoever uses it.
                }
            }
            leftovers.endedCount = ended.count
            return leftovers
        }
    }

    /// Ends `run`, and says so in its transcript.
    private static func giveUp(_ run: UnfinishedRun, at time: Timestamp, in transaction: Transaction) throws {
        try transaction.runs.end(run.runID, .error, error: tooManyAttempts, at: time)
        let message = ChatMessage(
            role: .assistant, text: "Not answered: \(tooManyAttempts).", timestamp: time, stopReason: "error")
        let entry = SessionEntry(key: run.sessionKey, sessionID: run.task.sessionID, updatedAt: time)
        try transaction.transcripts.append(message, to: entry, at: time)
        if let route = run.task.request["reply"].flatMap(DeliveryRoute.init) {
            try transaction.deliveries.add(route.said(message.text), to: route, run: run.runID, at: time)
        }
    }
}

/// What a transcript keeps of a turn that goes on.
enum TranscriptStep: Sendable {
    /// A message, and what it took.
    case message(JSON, TokenUsage?)
    /// The conversation was summed up, which took this.
    case compaction(Compaction, TokenUsage)
}

extension SessionEntry {
    /// Takes over what `request` says of how the session is to be, and of what it is where that is not said yet. Returns
    /// whether there was something.
    fileprivate mutating func take(_ request: RunRequest, in transaction: Transaction) throws -> Bool {
        let before = self
        if let label = request.label, self.label == nil {
            try transaction.sessions.requireUnused(label, by: key)
            self.label = label
        }
        if let other = request.spawnedBy, spawnedBy == nil { spawnedBy = other }
        if let thinking = request.thinking { self[.thinking] = thinking.kept }
        if let reply = request.reply { noteRoute(reply) }
        return self != before
    }

    /// Notes who answered, how, and what it cost.
    fileprivate mutating func note(_ end: RunEnd, providerSession: String?) {
        abortedLastRun = end.status == .aborted
        if let provider = end.provider { noteAnswer(by: provider, model: end.model, session: providerSession) }
        if let usage = end.lastUsage ?? end.usage { add(usage) }
    }
}

extension SessionSettings {
    /// Whether `request` may be kept in the session of `entry`: as its owner decided for it alone, or as the rules say,
    /// which are not for what the gateway does by itself.
    fileprivate func accepts(_ request: RunRequest, for entry: SessionEntry) -> Bool {
        switch entry[.sending] {
        case "deny": false
        case "allow": true
        default: request.isOwn || sending.allow(entry)
        }
    }
}

extension RunEnd.Status {
    /// As runs are kept.
    var runStatus: Run.Status {
        switch self {
        case .ok: .ok
        case .error: .error
        case .aborted: .aborted
        }
    }
}
