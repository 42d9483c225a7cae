import GRDB
public import JSON

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
            run.acceptedAt, run.startedAt, run.endedAt, run.error, run.result.map { $0.text() },
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

    /// The runs that are not over, oldest first; only those of the session `key` when one is given.
    public func open(in key: SessionKey? = nil) throws -> [Run] {
        guard let key else { return try rows("WHERE endedAt IS NULL ORDER BY id", []) }
        return try rows("WHERE endedAt IS NULL AND sessionKey = ? ORDER BY id", [key.text])
    }

    /// Marks the run `runID` as begun, unless it was or is over.
    public func start(_ runID: String, at now: Int64) throws {
        try database.cachedStatement(
            sql: "UPDATE run SET status = 'running', startedAt = ? WHERE runId = ? AND status = 'accepted'"
        ).execute(arguments: [now, runID])
    }

    /// Ends the run `runID` with `status`. Returns it as it is then; one that was over already stays as it was.
    @discardableResult
    public func end(
        _ runID: String, _ status: Run.Status, error: String? = nil, result: JSON? = nil, at now: Int64
    ) throws -> Run? {
        precondition(status.isEnd, "a run ends with ok, error or aborted")
        try database.cachedStatement(
            sql: "UPDATE run SET status = ?, error = ?, result = ?, endedAt = ? WHERE runId = ? AND endedAt IS NULL"
        ).execute(arguments: [status.rawValue, error, result.map { $0.text() }, now, runID])
        return try find(runID)
    }

    /// Ends all open runs as failed: whoever worked on them is gone. Called at the start. Returns them.
    public func endAllOpen(error: String, at now: Int64) throws -> [Run] {
        let open = try open()
        try database.cachedStatement(
            sql: "UPDATE run SET status = 'error', error = ?, endedAt = ? WHERE endedAt IS NULL"
        ).execute(arguments: [error, now])
        return open
    }

    /// Forgets runs that ended before `time`. Returns how many.
    @discardableResult
    public func forget(endedBefore time: Int64) throws -> Int {
        try database.cachedStatement(sql: "DELETE FROM run WHERE endedAt < ?").execute(arguments: [time])
        return database.changesCount
    }

    private func rows(_ clause: String, _ arguments: StatementArguments) throws -> [Run] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT space, idempotencyKey, runId, sessionKey, status, acceptedAt, startedAt, endedAt, error, result
                FROM run \(clause)
                """)
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            guard let space = try Run.Space(rawValue: row.decode(forColumn: "space")),
                let status = try Run.Status(rawValue: row.decode(forColumn: "status"))
            else {
                throw RowFault(table: "run", fault: "a space or status unknown here")
            }
            let key: String? = try row.decode(forColumn: "sessionKey")
            var run = try Run(
                space, idempotencyKey: row.decode(forColumn: "idempotencyKey"), runID: row.decode(forColumn: "runId"),
                sessionKey: key.flatMap(SessionKey.init(stored:)), acceptedAt: row.decode(forColumn: "acceptedAt"))
            run.status = status
            run.startedAt = try row.decode(forColumn: "startedAt")
            run.endedAt = try row.decode(forColumn: "endedAt")
            run.error = try row.decode(forColumn: "error")
            let result: String? = try row.decode(forColumn: "result")
            run.result = try result.map { try JSON(parsing: Array($0.utf8)) }
            return run
        }
    }
}
