import Gateway
import Glibc
import JSON
import Policy
import Storage
import Time

// The process that the storage tests kill, starve and lock out. Says on standard output what it was told is kept, a
// line each, written before the next change is asked for.
//
//     storage-writer write STATE-DIRECTORY    appends to several sessions at once until it is killed
//     storage-writer fill STATE-DIRECTORY     appends until that fails, says why, frees space by removing the file
//                                             "ballast" and appends once more
//     storage-writer open STATE-DIRECTORY     opens the database, and says why not when it cannot

/// A line in one write(2): a kill leaves it out or whole.
@Sendable func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

func session(_ number: Int) -> SessionEntry {
    SessionEntry(key: SessionKey(agent: "main", rest: "s\(number)"), sessionID: "s\(number)", updatedAt: 0)
}

/// Appends `text`, together with the run that asked for it.
func append(_ text: String, to entry: SessionEntry, in database: InstanceDatabase) async throws -> Int64 {
    try await database.write { transaction in
        let run = Run(
            .chat, idempotencyKey: "\(entry.sessionID) \(text)", runID: text, sessionKey: entry.key, acceptedAt: 1)
        guard try transaction.runs.accept(run).isNew else { return 0 }
        try transaction.sessions.save(entry)
        return try transaction.transcripts.append(
            ["role": "user", "content": .string(text)], to: entry, at: 1
        ).sequence
    }
}

func write(_ database: InstanceDatabase) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<8 {
            group.addTask {
                let entry = session(number)
                var next = try await database.read { try $0.transcripts.count(entry.sessionID) } + 1
                while true {
                    let sequence = try await append("\(next)", to: entry, in: database)
                    say("\(number) \(next) \(sequence)")
                    next += 1
                }
            }
        }
        try await group.waitForAll()
    }
}

func fill(_ database: InstanceDatabase, ballast: AbsolutePath) async throws {
    let text = String(repeating: "x", count: 20_000)
    var count = 0
    do {
        while count < 10_000 {
            _ = try await append("\(count) \(text)", to: session(0), in: database)
            count += 1
        }
    } catch {
        say("failed: \(error)")
    }
    say("kept: \(count)")
    unlink(ballast.text)
    say("then: \(try await append("after", to: session(0), in: database))")
}

guard CommandLine.arguments.count == 3, let directory = AbsolutePath(CommandLine.arguments[2]) else { exit(2) }
do {
    let database = try InstanceDatabase(stateDirectory: directory)
    switch CommandLine.arguments[1] {
    case "write": try await write(database)
    case "fill": try await fill(database, ballast: directory / "ballast")
    case "open": say("opened")
    default: exit(2)
    }
    try database.close()
} catch {
    say("failed: \(error)")
    exit(1)
}
