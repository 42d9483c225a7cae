import GRDB
public import JSON
public import Storage
public import Time

extension Transaction {
    /// The runs.
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
            sql: "UPDATE run SET status = 'running', startedAt = ? WHERE runId = ? AND status = 'accepted'"
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

    /// Ends all open runs as failed: whoever worked on them is gone. Called at the start. Returns them.
    public func endAllOpen(error: String, at now: Timestamp) throws -> [Run] {
        let open = try open()
        try database.cachedStatement(
            sql: "UPDATE run SET status = 'error', error = ?, endedAt = ? WHERE endedAt IS NULL"
        ).execute(arguments: [error, now.milliseconds])
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
