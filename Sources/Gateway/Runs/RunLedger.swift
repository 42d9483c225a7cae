import GRDB
public import JSON
public import Storage
public import Time

extension Transaction {
    /// What was asked for, and how far each of it has come.
    public var runs: RunLedger { RunLedger(database: database) }
}

/// What was asked for, by idempotency key: a request that comes again, even after a crash, finds the first one here.
///
///     let (run, isNew) = try await database.write { transaction in
///         let accepted = try transaction.runs.accept(run)
///         // In the same transaction: the message is there exactly when its run is.
///         if accepted.isNew { try transaction.transcripts.append(message, to: entry, at: now) }
///         return accepted
///     }
///
/// Does not outlive its transaction.
public struct RunLedger {
    let database: Database

    /// Keeps `run`, unless its key was used before in its space: then the run of that time, as it is now.
    public func accept(_ run: Run) throws -> (run: Run, isNew: Bool) {
        if let known = try find(run.space, idempotencyKey: run.idempotencyKey) { return (known, false) }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO run(space, idempotencyKey, runId, sessionKey, status, acceptedAt, startedAt, endedAt, error,
                    result)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            run.space.rawValue, run.idempotencyKey, run.runID, run.sessionKey?.text, run.status.rawValue,
            run.acceptedAt.milliseconds, run.startedAt?.milliseconds, run.endedAt?.milliseconds, run.error,
            run.result.map { $0.text() },
        ])
        return (run, true)
    }

    /// Keeps what is needed to go on with the run `runID` after a crash. `begunAfter` is the last place of its transcript when its
    /// agent begins at once; nil when it waits.
    func keep(_ task: RunTask, of runID: String, begunAfter: Int64?) throws {
        try database.cachedStatement(
            sql: """
                UPDATE run SET request = ?, sessionId = ?, place = ?, begunAfter = ?, attempts = ?,
                    status = CASE WHEN ? THEN 'running' ELSE status END
                WHERE runId = ? AND endedAt IS NULL
                """
        ).execute(arguments: [
            task.request.text(), task.sessionID, task.place, begunAfter, begunAfter == nil ? 0 : 1, begunAfter != nil,
            runID,
        ])
    }

    /// The agent of the run `runID` begins, perhaps once more, when the last place of its transcript is `place`. Returns what that
    /// was when it began first.
    func begin(_ runID: String, after place: Int64) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    UPDATE run SET status = 'running', attempts = attempts + 1, begunAfter = coalesce(begunAfter, ?)
                    WHERE runId = ? AND endedAt IS NULL RETURNING begunAfter
                    """), arguments: [place, runID]) ?? place
    }

    /// The runs that are not over and are to go on, oldest first.
    func unfinished() throws -> [UnfinishedRun] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT space, runId, sessionKey, sessionId, place, acceptedAt, attempts, request FROM run
                WHERE endedAt IS NULL AND request IS NOT NULL ORDER BY id
                """)
        return rows.compactMap { row in
            // One that cannot be read is ended with those that are not to go on.
            guard let space = Run.Space(rawValue: row["space"] ?? ""), let text: String = row["sessionKey"],
                let key = SessionKey(stored: text), let sessionID: String = row["sessionId"],
                let words: String = row["request"], let request = try? JSON(parsing: Array(words.utf8))
            else { return nil }
            return UnfinishedRun(
                space: space, runID: row["runId"], sessionKey: key, attempts: row["attempts"],
                task: RunTask(request: request, sessionID: sessionID, place: row["place"]))
        }
    }

    /// The run that `idempotencyKey` stands for in `space`.
    public func find(_ space: Run.Space, idempotencyKey: String) throws -> Run? {
        try rows("WHERE space = ? AND idempotencyKey = ?", [space.rawValue, idempotencyKey]).first
    }

    /// The run `runID`; the newest of several.
    public func find(_ runID: String) throws -> Run? {
        try rows("WHERE runId = ? ORDER BY id DESC LIMIT 1", [runID]).first
    }

    /// The runs that are not over, oldest first; only those of the session `key` when one is given. One that cannot be read
    /// is left out: it must not keep a gateway from starting.
    public func open(in key: SessionKey? = nil) throws -> [Run] {
        guard let key else { return try rows("WHERE endedAt IS NULL ORDER BY id", [], skipsUnknown: true) }
        return try rows("WHERE endedAt IS NULL AND sessionKey = ? ORDER BY id", [key.text], skipsUnknown: true)
    }

    /// Whether any run is not over.
    func isAnyOpen() throws -> Bool {
        try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM run WHERE endedAt IS NULL)") ?? false
    }

    /// Marks the run `runID` as begun, unless it was or is over.
    public func start(_ runID: String, at now: Timestamp) throws {
        try database.cachedStatement(
            sql: """
                UPDATE run SET status = 'running', startedAt = ?
                WHERE runId = ? AND endedAt IS NULL AND startedAt IS NULL
                """
        ).execute(arguments: [now.milliseconds, runID])
    }

    /// Ends the run `runID` with `status`. Returns it as it is then; one that was over already stays as it was.
    @discardableResult
    public func end(
        _ runID: String, _ status: Run.Status, error: String? = nil, result: JSON? = nil, at now: Timestamp
    ) throws -> Run? {
        precondition(status.isEnd, "a run ends with ok, error or aborted")
        try database.cachedStatement(
            sql: "UPDATE run SET status = ?, error = ?, result = ?, endedAt = ? WHERE runId = ? AND endedAt IS NULL"
        ).execute(arguments: [status.rawValue, error, result.map { $0.text() }, now.milliseconds, runID])
        return try find(runID)
    }

    /// Ends the open runs as failed but those called `kept`: whoever worked on them is gone. Called at the start. Returns them.
    public func endAllOpen(except kept: Set<String> = [], error: String, at now: Timestamp) throws -> [Run] {
        let open = try open().filter { !kept.contains($0.runID) }
        // One that cannot be read is none of `open`, and ended all the same.
        let names = JSON.array(kept.map(JSON.string)).text()
        try database.cachedStatement(
            sql: """
                UPDATE run SET status = 'error', error = ?, endedAt = ?
                WHERE endedAt IS NULL AND runId NOT IN (SELECT value FROM json_each(?))
                """
        ).execute(arguments: [error, now.milliseconds, names])
        return open
    }

    /// Forgets runs that ended before `time`. Returns how many.
    @discardableResult
    public func forget(endedBefore time: Timestamp) throws -> Int {
        try database.cachedStatement(sql: "DELETE FROM run WHERE endedAt < ?").execute(arguments: [time.milliseconds])
        return database.changesCount
    }

    /// Forgets the ended runs that were begun before the newest `limit` of them. Returns how many.
    @discardableResult
    public func forget(allButNewest limit: Int) throws -> Int {
        try database.cachedStatement(
            sql: """
                DELETE FROM run WHERE endedAt IS NOT NULL AND id <=
                    (SELECT id FROM run WHERE endedAt IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?)
                """
        ).execute(arguments: [limit])
        return database.changesCount
    }

    private func rows(
        _ clause: String, _ arguments: StatementArguments, skipsUnknown: Bool = false
    ) throws -> [Run] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT space, idempotencyKey, runId, sessionKey, status, acceptedAt, startedAt, endedAt, error, result
                FROM run \(clause)
                """)
        return try Row.fetchAll(statement, arguments: arguments).compactMap { row in
            do {
                return try Self.run(row)
            } catch let fault as RowFault {
                guard skipsUnknown else { throw fault }
                return nil
            }
        }
    }

    private static func run(_ row: Row) throws -> Run {
        guard let space = try Run.Space(rawValue: row.decode(forColumn: "space")),
            let status = try Run.Status(rawValue: row.decode(forColumn: "status"))
        else {
            throw RowFault(table: "run", fault: "a space or status unknown here")
        }
        let key: String? = try row.decode(forColumn: "sessionKey")
        var run = try Run(
            space, idempotencyKey: row.decode(forColumn: "idempotencyKey"), runID: row.decode(forColumn: "runId"),
            sessionKey: key.flatMap(SessionKey.init(stored:)), acceptedAt: row.time("acceptedAt"))
        run.status = status
        run.startedAt = try row.time(ifAny: "startedAt")
        run.endedAt = try row.time(ifAny: "endedAt")
        run.error = try row.decode(forColumn: "error")
        let result: String? = try row.decode(forColumn: "result")
        do {
            run.result = try result.map { try JSON(parsing: Array($0.utf8)) }
        } catch let error as JSONError {
            throw RowFault(table: "run", fault: "its result: \(error)")
        }
        return run
    }
}
