import Foundation
import GRDB
import Policy
import Testing

@testable import Files
@testable import Gateway
@testable import Storage

/// Changes `count` bytes of `file` from `offset` on.
private func scribble(_ file: AbsolutePath, at offset: Int, count: Int) throws {
    let handle = try FileHandle(forUpdating: URL(filePath: file.text))
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: Data(repeating: 0xA5, count: count))
}

private func content(_ file: AbsolutePath) throws -> Data {
    try Data(contentsOf: URL(filePath: file.text))
}

/// A database with `rows` rows in a table for the taking.
private func filled(_ directory: TemporaryDirectory, rows: Int = 1) throws {
    let database = try InstanceDatabase(stateDirectory: directory.path)
    try database.writeNow { transaction in
        for row in 0..<rows {
            try transaction.database.execute(
                sql: "INSERT INTO cronRun(jobId, ts, record) VALUES (?, 0, ?)",
                arguments: ["job", String(repeating: "\(row) ", count: 200)])
        }
    }
    try database.close()
}

private func rowCount(_ database: InstanceDatabase) throws -> Int? {
    try database.readNow { try Int.fetchOne($0.database, sql: "SELECT count(*) FROM cronRun") }
}

@Test func `a new database is private, logged ahead and flushed at every commit`() throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    #expect(database.isNew)
    let settings = try database.writeNow { transaction in
        try ["journal_mode", "synchronous", "foreign_keys", "user_version"].map {
            try String.fetchOne(transaction.database, sql: "PRAGMA \($0)")
        }
    }
    #expect(settings == ["wal", "2", "1", "\(Migrations.steps.count)"])
    for name in ["mazelclaw.sqlite", "mazelclaw.sqlite-wal", "mazelclaw.sqlite-shm"] {
        #expect(try directory.mode(name) == 0o600)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path.text)
    #expect(names.allSatisfy { $0.hasPrefix("mazelclaw.sqlite") && !$0.hasSuffix(".new") })
}

@Test func `a database others can read is taken back from them`() throws {
    let directory = try TemporaryDirectory()
    try filled(directory)
    let file = (directory.path / "mazelclaw.sqlite").text
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
    let database = try InstanceDatabase(stateDirectory: directory.path)
    #expect(!database.isNew)
    #expect(try rowCount(database) == 1)
    #expect(try directory.mode("mazelclaw.sqlite") == 0o600)
}

@Test func `without leave to make one, a missing database is an error`() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: StorageError.self) { try InstanceDatabase(stateDirectory: directory.path, creates: false) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path.text).isEmpty)
}

@Test(arguments: [(0, 16, "does not begin"), (100, 400, "damaged"), (4096 * 40, 9000, "damaged")])
func `a damaged database is refused and left as it is`(offset: Int, count: Int, message: String) throws {
    let directory = try TemporaryDirectory()
    try filled(directory, rows: 1000)
    let file = directory.path / "mazelclaw.sqlite"
    try scribble(file, at: offset, count: count)
    let before = try content(file)
    for _ in 1...2 {
        #expect {
            try InstanceDatabase(stateDirectory: directory.path)
        } throws: { error in
            "\(error)".contains(message) && "\(error)".contains(file.text)
                && (error as? StorageError)?.isPermanent == true
        }
    }
    #expect(try content(file) == before)
}

@Test func `a damaged database too large to check at once is found out by the check, and takes nothing more`()
    async throws
{
    let directory = try TemporaryDirectory()
    try filled(directory, rows: 1000)
    try scribble(directory.path / "mazelclaw.sqlite", at: 4096 * 60, count: 4096)
    let database = try InstanceDatabase(stateDirectory: directory.path, checkLimit: 4096)
    #expect(database.isCheckDue)
    await #expect(throws: StorageError.self) { try await database.check() }
    await #expect(throws: StorageError.self) { try await database.write { _ in } }
}

@Test func `a database that is well passes the check`() async throws {
    let directory = try TemporaryDirectory()
    try filled(directory, rows: 1000)
    let database = try InstanceDatabase(stateDirectory: directory.path, checkLimit: 4096)
    try await database.check()
    try await database.write { _ in }
    #expect(try !InstanceDatabase(stateDirectory: directory.path).isCheckDue)
}

@Test func `an empty file is a loss, not a new database`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("", to: "mazelclaw.sqlite")
    #expect { try InstanceDatabase(stateDirectory: directory.path) } throws: { "\($0)".contains("it is empty") }
    #expect(try directory.read("mazelclaw.sqlite").isEmpty)
}

@Test func `a log without its database is a loss, not a new database`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("changes", to: "mazelclaw.sqlite-wal")
    #expect { try InstanceDatabase(stateDirectory: directory.path) } throws: { "\($0)".contains("its log") }
    #expect(try directory.read("mazelclaw.sqlite-wal") == "changes")
}

@Test func `another program's database is refused`() throws {
    let directory = try TemporaryDirectory()
    let file = (directory.path / "mazelclaw.sqlite").text
    let other = try DatabaseQueue(path: file)
    try other.write { try $0.execute(sql: "CREATE TABLE t(a)") }
    try other.close()
    #expect { try InstanceDatabase(stateDirectory: directory.path) } throws: { "\($0)".contains("another program's") }
}

@Test func `a newer version's database is refused and left as it is`() throws {
    let directory = try TemporaryDirectory()
    try filled(directory)
    let file = directory.path / "mazelclaw.sqlite"
    let newer = try DatabaseQueue(path: file.text)
    try newer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99; PRAGMA journal_mode = DELETE") }
    try newer.close()
    #expect {
        try InstanceDatabase(stateDirectory: directory.path)
    } throws: {
        "\($0)".contains("schema 99") && ($0 as? StorageError)?.isPermanent == true
    }
    let after = try DatabaseQueue(path: file.text)
    #expect(try after.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM cronRun") } == 1)
}

@Test func `a database of the first version is brought to the newest, with what it held`() throws {
    let directory = try TemporaryDirectory()
    try filled(directory, rows: 3)
    let older = try DatabaseQueue(path: (directory.path / "mazelclaw.sqlite").text)
    try older.writeWithoutTransaction {
        let columns = ["request", "sessionId", "place", "begunAfter", "attempts"].map {
            "ALTER TABLE run DROP COLUMN \($0);"
        }
        try $0.execute(
            sql: "\(columns.joined()) DROP TABLE node; DROP TABLE nodePairingRequest; DROP TABLE delivery; "
                + "DROP TABLE senderRequest; DROP TABLE sender; PRAGMA user_version = 1")
    }
    try older.close()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    #expect(!database.isNew)
    #expect(try rowCount(database) == 3)
    #expect(try database.readNow { try PairingRows<PairedNode>(in: $0) }.isEmpty)
    #expect(try database.readNow { try $0.deliveries.next("irc", "default") } == nil)
    let version = try database.readNow { try Int.fetchOne($0.database, sql: "PRAGMA user_version") }
    #expect(version == Migrations.steps.count)
    try database.close()
}

@Test func `of changes that share a commit, one that fails takes only itself back`() async throws {
    struct Refusal: Error {}
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let kept = await withTaskGroup(of: Int?.self) { group in
        for number in 0..<300 {
            group.addTask {
                try? await database.write { transaction in
                    try transaction.database.execute(
                        sql: "INSERT INTO cronRun(jobId, ts, record) VALUES ('job', ?, '')", arguments: [number])
                    if number.isMultiple(of: 3) { throw Refusal() }
                    return number
                }
            }
        }
        return await group.reduce(into: Set<Int>()) { kept, number in number.map { _ = kept.insert($0) } }
    }
    #expect(kept == Set((0..<300).filter { !$0.isMultiple(of: 3) }))
    let reopened = try InstanceDatabase(stateDirectory: directory.path)
    #expect(
        try reopened.readNow { try Set(Int.fetchAll($0.database, sql: "SELECT ts FROM cronRun")) } == kept)
}

@Test func `a reader changes nothing`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    await #expect(throws: StorageError.self) {
        try await database.read { try $0.database.execute(sql: "DELETE FROM session") }
    }
    // And the database is none the worse for the attempt.
    try await database.write { _ in }
}

@Test func `a backup is one private file with everything, taken while others write`() async throws {
    let directory = try TemporaryDirectory()
    try filled(directory, rows: 2000)
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let writing = Task {
        var count = 0
        while !Task.isCancelled {
            try await database.write {
                try $0.database.execute(sql: "INSERT INTO cronRun(jobId, ts, record) VALUES ('w', 1, '')")
            }
            count += 1
        }
        return count
    }
    let destination = directory.path / "backups/first.sqlite"
    try DurableFile.makeDirectory(destination.parent)
    let size = try await DatabaseView(stateDirectory: directory.path).backUp(to: destination)
    writing.cancel()
    #expect(try await writing.value > 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: destination.parent.text) == ["first.sqlite"])
    #expect(try directory.mode("backups/first.sqlite") == 0o600)
    #expect(try Data(contentsOf: URL(filePath: destination.text)).count == size)
    // Put in the place of a database it is one.
    let other = try TemporaryDirectory()
    try FileManager.default.copyItem(atPath: destination.text, toPath: (other.path / "mazelclaw.sqlite").text)
    let restored = try InstanceDatabase(stateDirectory: other.path)
    #expect(
        try restored.readNow { try Int.fetchOne($0.database, sql: "SELECT count(*) FROM cronRun WHERE jobId = 'job'") }
            == 2000)
}

@Test func `a backup replaces nothing`() async throws {
    let directory = try TemporaryDirectory()
    try InstanceDatabase(stateDirectory: directory.path).close()
    let reader = try DatabaseView(stateDirectory: directory.path)
    try directory.write("mine", to: "kept")
    await #expect(throws: StorageError.self) { try await reader.backUp(to: directory.path / "kept") }
    #expect(try directory.read("kept") == "mine")
}
