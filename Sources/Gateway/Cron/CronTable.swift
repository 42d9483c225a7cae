import GRDB
import GatewayProtocol
import JSON
import Storage
import Time

extension Transaction {
    /// The scheduled jobs.
    var cron: CronTable { CronTable(database: database) }
}

/// The scheduled jobs, and the history of their runs. Does not outlive its transaction.
struct CronTable {
    let database: Database

    /// How many runs of one job are remembered.
    static let historyLimit = 500
    /// How many runs are remembered of all jobs, those forgotten among them.
    static let totalLimit: Int64 = 20_000

    /// All jobs, and those that cannot be used, which stay where they are.
    func jobs() throws -> (usable: [CronJob], setAside: [SetAside]) {
        var (usable, setAside) = ([CronJob](), [SetAside]())
        for row in try Row.fetchAll(database, sql: "SELECT jobId, record FROM cronJob ORDER BY jobId") {
            let id: String = try row.decode(forColumn: "jobId")
            let record: String = try row.decode(forColumn: "record")
            do throws(RowFault) {
                usable.append(try Self.job(id, record: record))
            } catch {
                setAside.append(SetAside(kind: .job, name: id, fault: error.fault))
            }
        }
        return (usable, setAside)
    }

    private static func job(_ id: String, record: String) throws(RowFault) -> CronJob {
        var faults = Faults()
        guard let job = CronJob.shape.read(.object(try storedObject(record, table: "cronJob")), &faults) else {
            throw RowFault(table: "cronJob", fault: faults.text)
        }
        guard job.id == id else { throw RowFault(table: "cronJob", fault: "what is kept of it is of \(job.id)") }
        return job
    }

    /// Keeps `job` as it is now.
    func save(_ job: CronJob) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO cronJob(jobId, nextRunAt, record) VALUES (?, ?, ?)
                ON CONFLICT (jobId) DO UPDATE SET nextRunAt = excluded.nextRunAt, record = excluded.record
                """
        ).execute(arguments: [job.id, job.state.nextRunAt?.milliseconds, job.json.text()])
    }

    /// Forgets the job `id`, but not its runs.
    func remove(_ id: String) throws {
        try database.execute(sql: "DELETE FROM cronJob WHERE jobId = ?", arguments: [id])
    }

    /// Adds `run` to the history of its job.
    func record(_ run: CronRun) throws {
        try database.cachedStatement(sql: "INSERT INTO cronRun(jobId, ts, record) VALUES (?, ?, ?)")
            .execute(arguments: [run.jobID, run.endedAt.milliseconds, run.json.text()])
        try database.cachedStatement(
            sql: """
                DELETE FROM cronRun WHERE jobId = ?1 AND id <=
                    (SELECT id FROM cronRun WHERE jobId = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
                """
        ).execute(arguments: [run.jobID, Self.historyLimit])
        try database.cachedStatement(sql: "DELETE FROM cronRun WHERE id <= (SELECT max(id) FROM cronRun) - ?")
            .execute(arguments: [Self.totalLimit])
    }

    /// The last `limit` runs of the job `id`, oldest first, without what is none.
    func runs(of id: String, limit: Int) throws -> [JSON] {
        try String.fetchAll(
            database, sql: "SELECT record FROM cronRun WHERE jobId = ? ORDER BY id DESC LIMIT ?",
            arguments: [id, limit]
        ).reversed().compactMap { text in
            guard let run = try? JSON(parsing: Array(text.utf8)), CronRun.shape.faults(in: run).isEmpty else {
                return nil
            }
            return run
        }
    }
}
