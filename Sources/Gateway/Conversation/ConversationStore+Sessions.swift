import GatewayProtocol
import JSON
import Storage
import Time

/// What the methods `sessions.*` need of the database.
extension ConversationStore {
    /// What a list shows beside the entries.
    struct ListDetails: Sendable {
        var hasTitles = false
        var hasLastMessages = false
    }

    /// The sessions `filter` asks for, the newest first.
    func list(_ filter: SessionFilter, _ details: ListDetails) async throws -> [SessionRow] {
        try await database.read { transaction in
            try transaction.sessions.list(filter).map { entry in
                var row = SessionRow(entry: entry)
                if details.hasTitles {
                    let first = try transaction.transcripts.firstText(entry.sessionID, role: "user")
                    row.title = SessionRow.title(of: entry, first: first)
                }
                if details.hasLastMessages {
                    row.lastMessage = try transaction.transcripts.page(entry.sessionID, limit: 1).first.map { message in
                        SessionRow.preview(SessionRow.collapsed(message.text), limit: 120)
                    }
                }
                return row
            }
        }
    }

    /// How many sessions there are, and which were used last.
    func overview(of agents: [String]) async throws -> SessionOverview {
        try await database.read { try SessionOverview(of: agents, in: $0.sessions) }
    }

    /// The last messages of a session; nil when there is no such session.
    func preview(_ key: SessionKey, limit: Int) async throws -> [TranscriptMessage]? {
        try await database.read { transaction in
            guard let entry = try transaction.sessions.find(key) else { return nil }
            return try transaction.transcripts.page(entry.sessionID, limit: limit)
        }
    }

    /// The keys of the sessions `filter` asks for, two at most; with `id`, of those the one that writes this transcript.
    func keys(_ filter: SessionFilter, writing id: String? = nil) async throws -> [SessionKey] {
        var filter = filter
        filter.text = id
        return try await database.read { [filter] transaction in
            let entries = try transaction.sessions.list(filter).filter { id == nil || $0.sessionID == id }
            return entries.prefix(2).map(\.key)
        }
    }

    /// Messages `query` finds, the best first.
    func search(_ query: TranscriptQuery) async throws -> [TranscriptHit] {
        try await database.read { try $0.transcripts.search(query) }
    }

    // MARK: Changing

    /// Changes the session `key` as `patch` says; makes it when it is not there. Throws `ProtocolError`.
    func change(_ key: SessionKey, _ patch: SessionPatch, at time: Timestamp) async throws -> SessionEntry {
        try await database.write { transaction in
            var entry = try transaction.sessions.find(key) ?? SessionEntry(beginning: key, at: time)
            try patch.apply(to: &entry)
            if case .set = patch.label, let label = entry.label {
                try transaction.sessions.requireUnused(label, by: key)
            }
            entry.updatedAt = max(entry.updatedAt, time)
            try transaction.sessions.save(entry)
            return entry
        }
    }

    /// Begins the session `key` anew.
    func reset(_ key: SessionKey, at time: Timestamp) async throws -> SessionEntry {
        try await database.write { try $0.sessions.reset(key, at: time) }
    }

    /// Forgets the session `key`, and puts its transcript away when `isArchiving`. Returns whether it was there, and
    /// the names transcripts are kept under.
    func delete(
        _ key: SessionKey, isArchiving: Bool, at time: Timestamp
    ) async throws -> (isDeleted: Bool, archived: [String]) {
        try await database.write { transaction in
            guard let id = try transaction.sessions.delete(key) else { return (false, []) }
            let name = isArchiving ? try transaction.transcripts.archive(id, at: time) : nil
            return (true, [name].compactMap(\.self))
        }
    }

    /// What became of a transcript that was to be shortened.
    enum Compaction: Sendable {
        /// There is no such session, or nothing was said in it.
        case nothing(reason: String)
        /// It has no more than what was to be kept.
        case short(count: Int)
        /// The older lines are kept under this name.
        case done(archived: String)
    }

    /// Leaves the newest `kept` lines in the transcript of the session `key`, and puts the older ones away.
    func compact(_ key: SessionKey, keeping kept: Int, at time: Timestamp) async throws -> Compaction {
        try await database.write { transaction in
            guard var entry = try transaction.sessions.find(key) else { return .nothing(reason: "no sessionId") }
            guard try transaction.transcripts.exists(entry.sessionID) else { return .nothing(reason: "no transcript") }
            guard let name = try transaction.transcripts.compact(entry.sessionID, keeping: kept, at: time) else {
                return .short(count: try transaction.transcripts.count(entry.sessionID))
            }
            entry.forgetUsage()
            entry.updatedAt = max(entry.updatedAt, time)
            try transaction.sessions.save(entry)
            return .done(archived: name)
        }
    }
}
