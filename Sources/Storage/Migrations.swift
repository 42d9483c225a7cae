import Files
import GRDB
import Policy

/// The database's schema, as numbered steps: a step that was released is never changed, a new one is added.
enum Migrations {
    /// One step; its number is its place in `steps`, from 1.
    struct Migration {
        /// What of the schema it brings, in a few words.
        package let summary: String
        let sql: String
    }

    static let steps: [Migration] = [sessionsAndRuns, nodes, retries, channels]

    /// Throws `StorageError` when the database at `path` has steps this version does not know.
    static func requireKnown(_ database: Database, at path: AbsolutePath) throws {
        let done = try version(database)
        guard (0...steps.count).contains(done) else {
            throw StorageError(
                "open", path,
                fault: "a newer version wrote it (schema \(done); this version knows 1 to \(steps.count)). Nothing was "
                    + "changed; run that version, or put an older backup in its place")
        }
    }

    /// Does the steps the database lacks, each in a transaction of its own.
    static func run(on pool: DatabasePool) throws {
        let done = try pool.read(version)
        for (index, step) in steps.enumerated().dropFirst(done) {
            try pool.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    // Another process may have been faster.
                    guard try version(database) == index else { return .rollback }
                    try database.execute(sql: step.sql)
                    try database.execute(sql: "PRAGMA user_version = \(index + 1)")
                    return .commit
                }
            }
        }
    }

    private static func version(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    }
}
