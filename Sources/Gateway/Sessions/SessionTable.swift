import GRDB
import JSON

extension Transaction {
    /// The sessions.
    public var sessions: SessionTable { SessionTable(database: database) }
}

/// The sessions of an instance. Does not outlive its transaction.
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
        return try rows("WHERE \(conditions) ORDER BY updatedAt DESC, key\(limit)", arguments)
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
            entry.key.text, entry.agent ?? "", entry.sessionID, entry.updatedAt, entry.label, entry.spawnedBy,
            JSON.object(entry.fields).text(),
        ])
    }

    /// The session `key` as a message at `now` finds it: as it was, begun anew when `policy` says that it is over, or
    /// new. The entry is kept, marked as used at `now`.
    public func use(_ key: SessionKey, policy: ResetPolicy? = nil, at now: Int64) throws -> SessionEntry {
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
    public func reset(_ key: SessionKey, at now: Int64) throws -> SessionEntry {
        let entry = try find(key)?.begunAnew(at: now) ?? SessionEntry(beginning: key, at: now)
        try save(entry)
        return entry
    }

    /// Forgets the session `key`, but not its transcript. Returns what was kept of it.
    @discardableResult
    public func delete(_ key: SessionKey) throws -> SessionEntry? {
        guard let entry = try find(key) else { return nil }
        try database.cachedStatement(sql: "DELETE FROM session WHERE key = ?").execute(arguments: [key.text])
        return entry
    }

    // MARK: Rows

    private func rows(_ clause: String, _ arguments: StatementArguments) throws -> [SessionEntry] {
        let statement = try database.cachedStatement(
            sql: "SELECT key, sessionId, updatedAt, entry FROM session \(clause)")
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            let text: String = try row.decode(forColumn: "key")
            guard let key = SessionKey(stored: text) else { throw RowFault(table: "session", fault: "no key") }
            return try SessionEntry(
                key: key, sessionID: row.decode(forColumn: "sessionId"), updatedAt: row.decode(forColumn: "updatedAt"),
                fields: try storedObject(row.decode(forColumn: "entry"), table: "session"))
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
        require("updatedAt >= ?", filter.usedSince)
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
