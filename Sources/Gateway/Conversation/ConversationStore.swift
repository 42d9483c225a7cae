import Files
import GatewayProtocol
import JSON
import Storage
import Time

/// What conversations need of the database. What a call was to write is on disk when it returns.
struct ConversationStore: Sendable {
    let database: InstanceDatabase
    let settings: Current<SessionSettings>

    /// Keeps what `run` is to answer, and that it is to. Where the run is known already, nothing is changed.
    ///
    /// Throws `ProtocolError` when its session cannot be so called.
    func accept(
        _ run: ActiveRun, whenQueued: () -> Void = {}
    ) async throws -> ActiveRun.Acceptance {
        let request = run.request
        let (key, time) = (request.sessionKey, run.acceptedAt)
        let settings = settings.value
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
            return .kept(sessionID: entry.sessionID, place: place)
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

    /// Keeps that `run` ended as `end` says, and its answer. `isUse` says whether its session was used by it.
    func finish(
        _ run: Run, _ end: RunEnd, providerSession: String?, isUse: Bool
    ) async throws {
        try await database.write { transaction in
            if let startedAt = end.startedAt { try transaction.runs.start(run.runID, at: startedAt) }
            try transaction.runs.end(
                run.runID, end.status.runStatus, error: end.error, result: end.result, at: end.endedAt)
            guard let key = run.sessionKey, let sessionID = end.sessionID else { return }
            if let answer = end.message {
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

    /// The most messages of a conversation that are read to be said again.
    private static let replayLimit = 2000

    /// What was said in the transcript `sessionID` before the message at `place` is answered, oldest first: without that
    /// message and those that wait behind it, and with the answers to those before it, which may stand behind it.
    func history(in sessionID: String, before place: Int64) async throws -> [JSON] {
        try await database.read { transaction in
            try transaction.transcripts.page(sessionID, limit: Self.replayLimit)
                .filter { $0.sequence < place || $0.role != "user" && $0.sequence > place }.map(\.message)
        }
    }

    /// How long an ended run is known by its key: a week. Who has not asked again by then, will not.
    static let runLifetime = TimeSpan(7, .days)

    /// How many ended runs are known by their keys.
    static let runLimit = 100_000

    /// Forgets the runs that ended longer ago than `runLifetime`, and the oldest of more than `runLimit`.
    func forgetOldRuns(at time: Timestamp) async throws {
        try await database.write { transaction in
            try transaction.runs.forget(endedBefore: time - Self.runLifetime)
            try transaction.runs.forget(allButNewest: Self.runLimit)
        }
    }

    /// Ends the runs an earlier process left open, and marks their sessions. Returns how many there were. Holds up the
    /// caller: for the start.
    func recover(at time: Timestamp) throws(StorageError) -> Int {
        // Mostly there are none, and then there is nothing to flush.
        guard try database.readNow({ try $0.runs.isAnyOpen() }) else { return 0 }
        return try database.writeNow { transaction in
            let runs = try transaction.runs.endAllOpen(error: "the gateway ended before the run did", at: time)
            for key in Set(runs.compactMap(\.sessionKey)) {
                do {
                    guard var entry = try transaction.sessions.find(key) else { continue }
                    entry.abortedLastRun = true
                    try transaction.sessions.save(entry)
                } catch is SetAside {
                    // It says so itself to whoever uses it.
                }
            }
            return runs.count
        }
    }
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
        return self != before
    }

    /// Notes who answered, how, and what it cost.
    fileprivate mutating func note(_ end: RunEnd, providerSession: String?) {
        abortedLastRun = end.status == .aborted
        if let provider = end.provider { noteAnswer(by: provider, model: end.model, session: providerSession) }
        if let usage = end.usage { add(usage) }
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
