import GRDB
public import JSON
public import Storage
import Text
public import Time

extension Transaction {
    /// The transcripts of the instance, read and written within this transaction.
    public var transcripts: TranscriptTable { TranscriptTable(database: database) }
}

/// The transcripts of an instance: what was said, in order. Does not outlive its transaction.
public struct TranscriptTable {
    let database: Database

    // MARK: Writing

    /// Keeps `message` as the newest of the transcript that `entry` writes, which is begun if it is not there yet.
    ///
    /// `message` has `role` and `content`; its `timestamp` is `now` unless it says otherwise. Once the transaction is
    /// through, the message is on disk under the place returned.
    @discardableResult
    public func append(_ message: JSON, to entry: SessionEntry, at now: Timestamp) throws -> AppendedMessage {
        var message = message
        if var object = message.object, object["timestamp"] == nil {
            object["timestamp"] = now.json
            message = .object(object)
        }
        return try append(to: entry, at: now) { TranscriptLine(message, id: $0, parent: $1, at: now) }
    }

    /// Keeps `message` as the newest of the transcript that `entry` writes, which is begun if it is not there yet.
    @discardableResult
    func append(_ message: ChatMessage, to entry: SessionEntry, at now: Timestamp) throws -> AppendedMessage {
        try append(to: entry, at: now) { TranscriptLine(message, id: $0, parent: $1, at: now) }
    }

    /// Keeps that the older part of the transcript that `entry` writes was summed up as `summary`: everything before the line
    /// `firstKeptID`. `details` say more of it.
    @discardableResult
    func append(
        summary: String, firstKeptID: String, tokensBefore: Int64, details: JSON, to entry: SessionEntry,
        at now: Timestamp
    ) throws -> AppendedMessage {
        try append(to: entry, at: now) { id, parent in
            TranscriptLine(
                [
                    "type": "compaction", "id": .string(id), "parentId": parent.map(JSON.string) ?? .null,
                    "timestamp": .string(RFC3339.text(now)), "summary": .string(summary),
                    "firstKeptEntryId": .string(firstKeptID), "tokensBefore": .integer(tokensBefore),
                    "details": details,
                ], id: id, at: now)
        }
    }

    /// Keeps that a turn took in the message at `place` of the transcript that `entry` writes. Returns what the transcript calls
    /// that message; nil when there is none.
    func append(steering place: Int64, to entry: SessionEntry, at now: Timestamp) throws -> String? {
        let message = try String.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT messageId FROM message
                    WHERE transcript = (SELECT id FROM transcript WHERE name = ?) AND sequence = ?
                    """), arguments: [Self.name(entry.sessionID), place])
        guard let message else { return nil }
        _ = try append(to: entry, at: now) { id, parent in
            TranscriptLine(
                [
                    "type": "custom", "id": .string(id), "parentId": parent.map(JSON.string) ?? .null,
                    "timestamp": .string(RFC3339.text(now)), "customType": .string(TranscriptLine.steeredType),
                    "data": ["entryId": .string(message)],
                ], id: id, at: now)
        }
        return message
    }

    /// Keeps the line that `line` makes of its id and its parent's.
    private func append(
        to entry: SessionEntry, at now: Timestamp, _ line: (_ id: String, _ parent: String?) -> TranscriptLine
    ) throws -> AppendedMessage {
        let place = try next(entry.sessionID) ?? begin(entry, at: now)
        let id = Self.newID()
        try insert(
            line(id, try lastID(before: place)), transcript: place.transcript, sequence: place.sequence)
        return AppendedMessage(sequence: place.sequence, id: id)
    }

    // MARK: Reading

    /// The newest messages of the transcript `sessionID`, oldest first: at most `limit`, all before the place `before`
    /// when one is given.
    public func page(_ sessionID: String, before: Int64? = nil, limit: Int) throws -> [TranscriptMessage] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT sequence, messageId, timestamp, role, text, line FROM message
                WHERE transcript = (SELECT id FROM transcript WHERE name = ?) AND sequence < ? AND role IS NOT NULL
                ORDER BY sequence DESC LIMIT ?
                """)
        let rows = try Row.fetchAll(
            statement, arguments: [Self.name(sessionID), before ?? .max, max(0, limit)])
        return try rows.reversed().map(Self.message)
    }

    /// The newest lines of the transcript `sessionID`, oldest first: at most `limit`. What the original's extensions have the
    /// model told (`custom_message`), and what it knows of a branch that was left (`branch_summary`), count as said by the user.
    func lines(_ sessionID: String, limit: Int) throws -> [KeptConversation.Line] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT sequence, messageId, timestamp, role, text, line FROM message
                WHERE transcript = (SELECT id FROM transcript WHERE name = ?)
                ORDER BY sequence DESC LIMIT ?
                """)
        let rows = try Row.fetchAll(statement, arguments: [Self.name(sessionID), max(0, limit)])
        return try rows.reversed().map { row in
            let text: String = try row.decode(forColumn: "line")
            // A line that is no JSON came in with a file, and says nothing to anybody.
            let json = (try? JSON(parsing: Array(text.utf8))) ?? .null
            var line = try KeptConversation.Line(
                sequence: row.decode(forColumn: "sequence"), id: row.decode(forColumn: "messageId"), json: json)
            if try row.decode(String?.self, forColumn: "role") != nil {
                line.message = try Self.message(row)
            } else if let content = json["type"] == "custom_message"
                ? json["content"]
                : json["type"] == "branch_summary"
                    ? json["summary"] : nil
            {
                line.message = try TranscriptMessage(
                    sequence: line.sequence, id: line.id, timestamp: row.time("timestamp"), role: "custom",
                    text: content.string ?? "", message: ["role": "user", "content": content])
            }
            return line
        }
    }

    /// What the line at `place` of the transcript `sessionID` says; nil when there is none.
    func text(_ sessionID: String, at place: Int64) throws -> String? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT text FROM message
                WHERE transcript = (SELECT id FROM transcript WHERE name = ?) AND sequence = ?
                """)
        return try String.fetchOne(statement, arguments: [Self.name(sessionID), place])
    }

    /// The place of the last line of the transcript `sessionID`; 0 when there is none.
    func lastPlace(_ sessionID: String) throws -> Int64 {
        let statement = try database.cachedStatement(sql: "SELECT lastSequence FROM transcript WHERE name = ?")
        return try Int64.fetchOne(statement, arguments: [Self.name(sessionID)]) ?? 0
    }

    /// What `role` said first in the transcript `sessionID`.
    public func firstText(_ sessionID: String, role: String) throws -> String? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT text FROM message
                WHERE transcript = (SELECT id FROM transcript WHERE name = ?) AND role = ? AND text <> ''
                ORDER BY sequence LIMIT 1
                """)
        return try String.fetchOne(statement, arguments: [Self.name(sessionID), role])
    }

    /// How many messages the transcript `sessionID` holds.
    public func count(_ sessionID: String) throws -> Int {
        let statement = try database.cachedStatement(
            sql: """
                SELECT count(*) FROM message
                WHERE transcript = (SELECT id FROM transcript WHERE name = ?) AND role IS NOT NULL
                """)
        return try Int.fetchOne(statement, arguments: [Self.name(sessionID)]) ?? 0
    }

    /// Whether there is a transcript `sessionID`.
    public func exists(_ sessionID: String) throws -> Bool {
        let statement = try database.cachedStatement(sql: "SELECT true FROM transcript WHERE name = ?")
        return try Bool.fetchOne(statement, arguments: [Self.name(sessionID)]) ?? false
    }

    // MARK: Putting away

    /// Puts the transcript `sessionID` away, at `now`, because its session is deleted: it is not read or searched any
    /// more, but still there. Returns the name it is kept under; nil when there is none.
    public func archive(_ sessionID: String, at now: Timestamp) throws -> String? {
        guard let transcript = try row(sessionID) else { return nil }
        let name = try unusedName("\(Self.name(sessionID)).deleted.\(RFC3339.fileName(now))")
        try database.execute(
            sql: "UPDATE transcript SET name = ?, archivedAt = ?, archivedBy = 'delete' WHERE id = ?",
            arguments: [name, now.milliseconds, transcript])
        return name
    }

    /// Leaves the newest `kept` lines in the transcript `sessionID` and puts the others away. Returns the name they are
    /// kept under; nil when there are no more than that.
    public func compact(_ sessionID: String, keeping kept: Int, at now: Timestamp) throws -> String? {
        guard let transcript = try row(sessionID) else { return nil }
        let boundary = try Int64.fetchOne(
            database, sql: "SELECT sequence FROM message WHERE transcript = ? ORDER BY sequence DESC LIMIT 1 OFFSET ?",
            arguments: [transcript, max(0, kept)])
        guard let boundary else { return nil }
        let name = try unusedName("\(Self.name(sessionID)).bak.\(RFC3339.fileName(now))")
        try database.execute(
            sql: """
                INSERT INTO transcript(name, sessionId, key, header, createdAt, archivedAt, archivedBy, lastSequence)
                SELECT ?, sessionId, key, header, createdAt, ?, 'compact', ? FROM transcript WHERE id = ?
                """, arguments: [name, now.milliseconds, boundary, transcript])
        try database.execute(
            sql: "UPDATE message SET transcript = ? WHERE transcript = ? AND sequence <= ?",
            arguments: [database.lastInsertedRowID, transcript, boundary])
        return name
    }

    // MARK: Rows

    private struct Place {
        var transcript: Int64
        var sequence: Int64
    }

    /// The name of a transcript's file.
    static func name(_ sessionID: String) -> String { "\(sessionID).jsonl" }

    private static func newID() -> String {
        let id = UInt32.random(in: .min ... .max)
        return Hex.text((0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) })
    }

    private func row(_ sessionID: String) throws -> Int64? {
        let statement = try database.cachedStatement(sql: "SELECT id FROM transcript WHERE name = ?")
        return try Int64.fetchOne(statement, arguments: [Self.name(sessionID)])
    }

    private func next(_ sessionID: String) throws -> Place? {
        let statement = try database.cachedStatement(
            sql: "UPDATE transcript SET lastSequence = lastSequence + 1 WHERE name = ? RETURNING id, lastSequence")
        return try Row.fetchOne(statement, arguments: [Self.name(sessionID)]).map { row in
            try Place(transcript: row.decode(forColumn: "id"), sequence: row.decode(forColumn: "lastSequence"))
        }
    }

    private func begin(_ entry: SessionEntry, at now: Timestamp) throws -> Place {
        let header: JSON = [
            "type": "session", "version": 3, "id": .string(entry.sessionID), "timestamp": .string(RFC3339.text(now)),
        ]
        let transcript = try begin(
            entry.sessionID, name: Self.name(entry.sessionID), key: entry.key.text, header: header.text(), at: now)
        return Place(transcript: transcript, sequence: try next(entry.sessionID)?.sequence ?? 1)
    }

    /// Begins a transcript, kept under `name`; returns its row.
    func begin(_ sessionID: String, name: String, key: String, header: String, at now: Timestamp) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO transcript(name, sessionId, key, header, createdAt) VALUES (?, ?, ?, ?, ?)")
        try statement.execute(arguments: [name, sessionID, key, header, now.milliseconds])
        return database.lastInsertedRowID
    }

    func insert(_ line: TranscriptLine, transcript: Int64, sequence: Int64) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO message(transcript, sequence, messageId, timestamp, role, text, line)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            transcript, sequence, line.id, line.timestamp.milliseconds, line.role, line.text, line.line,
        ])
    }

    private func lastID(before place: Place) throws -> String? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT messageId FROM message WHERE transcript = ? AND sequence < ? AND messageId <> ''
                ORDER BY sequence DESC LIMIT 1
                """)
        return try String.fetchOne(statement, arguments: [place.transcript, place.sequence])
    }

    /// `name`, with a number behind it when it is taken: two may be put away within a millisecond.
    private func unusedName(_ name: String) throws -> String {
        var candidate = name
        var number = 1
        while try Bool.fetchOne(
            database, sql: "SELECT true FROM transcript WHERE name = ?", arguments: [candidate]) != nil
        {
            number += 1
            candidate = "\(name)-\(number)"
        }
        return candidate
    }

    private static func message(_ row: Row) throws -> TranscriptMessage {
        let line = try storedObject(row.decode(forColumn: "line"), table: "message")
        guard let message = line["message"], message.object != nil else {
            throw RowFault(table: "message", fault: "no message")
        }
        return try TranscriptMessage(
            sequence: row.decode(forColumn: "sequence"), id: row.decode(forColumn: "messageId"),
            timestamp: row.time("timestamp"), role: row.decode(forColumn: "role"),
            text: row.decode(forColumn: "text"), message: message)
    }
}
