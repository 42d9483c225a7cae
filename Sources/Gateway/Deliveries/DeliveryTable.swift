import GRDB
import Storage
import Time

extension Transaction {
    /// What is to be said through messaging services.
    var deliveries: DeliveryTable { DeliveryTable(database: database) }
}

/// What is to be said through messaging services, in order: a queue for each account.
///
/// An entry is made in the transaction that keeps the answer it holds. Before a piece is sent the entry is cut to what is left,
/// so that whoever goes on after a crash says nothing twice.
///
/// Does not outlive its transaction.
struct DeliveryTable {
    let database: Database

    /// Enters `text`, to be said at `route`. Returns its id.
    @discardableResult
    func add(_ text: String, to route: DeliveryRoute, run: String?, at now: Timestamp) throws -> Int64 {
        try database.cachedStatement(
            sql: """
                INSERT INTO delivery(service, account, target, thread, runId, text, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            route.service, route.account, route.target, route.thread, run, text, now.milliseconds,
        ])
        return database.lastInsertedRowID
    }

    /// What is to be said next by the account `account` of `service`.
    func next(_ service: String, _ account: String) throws -> Delivery? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT id, target, thread, runId, text, createdAt FROM delivery
                    WHERE service = ? AND account = ? ORDER BY id LIMIT 1
                    """), arguments: [service, account])
        return try row.map { row in
            Delivery(
                id: try row.decode(forColumn: "id"),
                route: DeliveryRoute(
                    service: service, account: account, target: try row.decode(forColumn: "target"),
                    thread: try row.decode(forColumn: "thread")), runID: try row.decode(forColumn: "runId"),
                text: try row.decode(forColumn: "text"), createdAt: try row.time("createdAt"))
        }
    }

    /// Keeps that `rest` is what is left of the entry `id`.
    func cut(_ id: Int64, to rest: String) throws {
        try database.cachedStatement(sql: "UPDATE delivery SET text = ? WHERE id = ?").execute(arguments: [rest, id])
    }

    /// Takes the entry `id` out: it was said, or will not be.
    func remove(_ id: Int64) throws {
        try database.cachedStatement(sql: "DELETE FROM delivery WHERE id = ?").execute(arguments: [id])
    }

    /// Takes out what was entered before `time`: of accounts that are no more nobody else does.
    func forget(enteredBefore time: Timestamp) throws {
        try database.cachedStatement(sql: "DELETE FROM delivery WHERE createdAt < ?").execute(arguments: [
            time.milliseconds
        ])
    }

    /// How many wait for the account `account` of `service`.
    func count(_ service: String, _ account: String) throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(sql: "SELECT count(*) FROM delivery WHERE service = ? AND account = ?"),
            arguments: [service, account]) ?? 0
    }
}
