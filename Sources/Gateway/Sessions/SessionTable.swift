import GRDB
import JSON
public import Storage
public import Time

extension Transaction {
    /// The sessions of the instance, read and written within this transaction.
    public var sessions: SessionTable { SessionTable(database: database) }
}

/// The sessions of an instance. Does not outlive its transaction.
///
/// A row that cannot be used stays where it is: lists leave it out, and asking for it throws `SetAside`.
public struct SessionTable {
    let database: Database

    // MARK: Finding

    /// The session `key`, if there is one.
    public func find(_ key: SessionKey) throws -> SessionEntry? {
        try rows("WHERE key = ?", [key.text]).first
    }

    /// The session that writes the transcript `sessionID`, if there is one; the newest of several.
    public func find(sessionID: String) throws -> SessionEntry? {
        try rows("WHERE sessionId = ? ORDER BY updatedAt DESC LIMIT 1", [sessionID]).first
    }

    /// The session called `label`, if there is one; the newest of several.
    public func find(label: String) throws -> SessionEntry? {
        try rows("WHERE label = ? ORDER BY updatedAt DESC LIMIT 1", [label]).first
    }

    /// The sessions `filter` asks for, those used last first.
    public func list(_ filter: SessionFilter = SessionFilter()) throws -> [SessionEntry] {
        let (conditions, arguments) = Self.conditions(filter)
        let limit = filter.limit.map { " LIMIT \(max(0, $0))" } ?? ""
        var usable: [SessionEntry] = []
        try read("WHERE \(conditions) ORDER BY updatedAt DESC, key\(limit)", arguments) { entry in
            if case .success(let entry) = entry { usable.append(entry) }
        }
        return usable
    }

    /// Those that cannot be used. Reads every session there is.
    public func setAside() throws -> [SetAside] {
        var setAside: [SetAside] = []
        try read("ORDER BY key", []) { entry in
            if case .failure(let fault) = entry { setAside.append(fault) }
        }
        return setAside
    }

    /// How many sessions `filter` asks for.
    public func count(_ filter: SessionFilter = SessionFilter()) throws -> Int {
        let (conditions, arguments) = Self.conditions(filter)
        let statement = try database.cachedStatement(sql: "SELECT count(*) FROM session WHERE \(conditions)")
        let count = try Int.fetchOne(statement, arguments: arguments) ?? 0
        return min(count, filter.limit ?? .max)
    }

    // MARK: Changing

    /// Keeps `entry`, in the place of what was kept of its session.
    public func save(_ entry: SessionEntry) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO session(key, agentId, sessionId, updatedAt, label, spawnedBy, entry)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT(key) DO UPDATE SET sessionId = excluded.sessionId, updatedAt = excluded.updatedAt,
                    label = excluded.label, spawnedBy = excluded.spawnedBy, entry = excluded.entry
                """)
        try statement.execute(arguments: [
            entry.key.text, entry.agent ?? "", entry.sessionID, entry.updatedAt.milliseconds, entry.label,
            entry.spawnedBy,
            JSON.object(entry.fields).text(),
        ])
    }

    /// The session `key` as a message at `now` finds it: as it was, begun anew when `policy` says that it is over, or
    /// new. The entry is kept, marked as used at `now`.
    public func use(_ key: SessionKey, policy: ResetPolicy? = nil, at now: Timestamp) throws -> SessionEntry {
        var entry: SessionEntry
        if let known = try find(key) {
            let isOver = policy?.isOver(updatedAt: known.updatedAt, now: now) ?? false
            entry = isOver ? known.begunAnew(at: now) : known
        } else {
            entry = SessionEntry(beginning: key, at: now)
        }
        entry.updatedAt = max(now, entry.updatedAt)
        try save(entry)
        return entry
    }

    /// Begins the session `key` anew, or makes it. Its transcript so far stays where it is.
    public func reset(_ key: SessionKey, at now: Timestamp) throws -> SessionEntry {
        let entry = try find(key)?.begunAnew(at: now) ?? SessionEntry(beginning: key, at: now)
        try save(entry)
        return entry
    }

    /// Forgets the session `key`, also one that cannot be used, but not its transcript. Returns the id of that; nil when
    /// there is no such session.
    @discardableResult
    public func delete(_ key: SessionKey) throws -> String? {
        let statement = try database.cachedStatement(sql: "DELETE FROM session WHERE key = ? RETURNING sessionId")
        return try String.fetchOne(statement, arguments: [key.text])
    }

    // MARK: Rows

    private func rows(_ clause: String, _ arguments: StatementArguments) throws -> [SessionEntry] {
        var entries: [SessionEntry] = []
        try read(clause, arguments) { entries.append(try $0.get()) }
        return entries
    }

    /// Gives `take` the sessions that `clause` says, one after the other.
    private func read(
        _ clause: String, _ arguments: StatementArguments, _ take: (Result<SessionEntry, SetAside>) throws -> Void
    ) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT key, sessionId, updatedAt, entry FROM session \(clause)")
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        while let row = try rows.next() { try take(Self.entry(row)) }
    }

    private static func entry(_ row: Row) -> Result<SessionEntry, SetAside> {
        var name = "without a key"
        do {
            name = try row.decode(forColumn: "key")
            guard let key = SessionKey(stored: name) else {
                throw RowFault(table: "session", fault: "it has no session's key")
            }
            return .success(
                try SessionEntry(
                    key: key, sessionID: row.decode(forColumn: "sessionId"), updatedAt: row.time("updatedAt"),
                    fields: storedObject(row.decode(forColumn: "entry"), table: "session")))
        } catch {
            // What else can be wrong is a column that holds what the table does not allow.
            let fault = (error as? RowFault)?.fault ?? "a column of its row is of another type"
            return .failure(SetAside(kind: .session, name: name, fault: fault))
        }
    }

    private static func conditions(_ filter: SessionFilter) -> (sql: String, arguments: StatementArguments) {
        var conditions = ["true"]
        var arguments = StatementArguments()
        func require(_ condition: String, _ argument: (any DatabaseValueConvertible)?) {
            guard let argument else { return }
            conditions.append(condition)
            arguments += [argument]
        }
        if !filter.includesGlobal { conditions.append("key <> 'global'") }
        if !filter.includesUnknown { conditions.append("key <> 'unknown'") }
        require("agentId = ?", filter.agent)
        require("label = ?", filter.label)
        require("spawnedBy = ?", filter.spawnedBy)
        require("updatedAt >= ?", filter.usedSince?.milliseconds)
        if let text = filter.text, !text.isEmpty {
            // instr, not LIKE: a percent sign is a percent sign.
            conditions.append(
                """
                instr(lower(key || char(10) || coalesce(label, '') || char(10) || sessionId || char(10)
                    || coalesce(entry ->> 'displayName', '') || char(10) || coalesce(entry ->> 'subject', '')), ?) > 0
                """)
            arguments += [text.lowercased()]
        }
        return (conditions.joined(separator: " AND "), arguments)
    }
}
