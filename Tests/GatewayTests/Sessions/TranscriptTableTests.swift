import GRDB
import JSON
import Testing

@testable import Gateway
@testable import Storage
@testable import Time

private func message(_ text: String, role: String = "user") -> JSON {
    ["role": .string(role), "content": [["type": "text", "text": .string(text)]]]
}

private let main = SessionEntry(
    key: SessionKey(agent: "main", rest: "main"), sessionID: "11111111-0000-4000-8000-000000000000", updatedAt: 0)
private let other = SessionEntry(
    key: SessionKey(agent: "ops", rest: "main"), sessionID: "22222222-0000-4000-8000-000000000000", updatedAt: 0)

@Test func `messages are kept in order and numbered from one, each transcript by itself`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let places = try await database.write { transaction in
        let transcripts = transaction.transcripts
        return try [
            transcripts.append(message("one"), to: main, at: 10),
            transcripts.append(message("eins"), to: other, at: 11),
            transcripts.append(message("two", role: "assistant"), to: main, at: 12),
        ]
    }
    #expect(places.map(\.sequence) == [1, 1, 2])
    let page = try await database.read { try $0.transcripts.page(main.sessionID, limit: 10) }
    #expect(page.map(\.text) == ["one", "two"])
    #expect(page.map(\.role) == ["user", "assistant"])
    #expect(page.map(\.id) == [places[0].id, places[2].id])
    #expect(page.map(\.timestamp) == [10, 12])
    #expect(page[0].message["timestamp"] == 10)
    #expect(try await database.read { try $0.transcripts.count(other.sessionID) } == 1)
}

@Test func `a page holds the newest, or those before a place`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    try await database.write { transaction in
        for number in 1...50 { try transaction.transcripts.append(message("\(number)"), to: main, at: 0) }
    }
    let (newest, before, none) = try await database.read { transaction in
        let transcripts = transaction.transcripts
        return try (
            transcripts.page(main.sessionID, limit: 3), transcripts.page(main.sessionID, before: 10, limit: 2),
            transcripts.page("nobody", limit: 3)
        )
    }
    #expect(newest.map(\.text) == ["48", "49", "50"])
    #expect(before.map(\.text) == ["8", "9"])
    #expect(none.isEmpty)
}

@Test func `the newest messages come as fast from 100,000 as from 1,000`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    try await database.write { transaction in
        for (entry, count) in [(main, 100_000), (other, 1_000)] {
            try transaction.transcripts.append(message(String(repeating: "the weather ", count: 20)), to: entry, at: 0)
            // As many more, made by the database itself: what is measured is reading.
            try transaction.database.execute(
                sql: """
                    WITH RECURSIVE number(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
                    INSERT INTO message(transcript, sequence, messageId, timestamp, role, text, line)
                    SELECT transcript, n, messageId, n, role, text, line FROM number, message
                    WHERE sequence = 1 AND transcript = (SELECT id FROM transcript WHERE sessionId = ?)
                    """, arguments: [count, entry.sessionID])
        }
    }
    func best(_ entry: SessionEntry) async throws -> Duration {
        var best = Duration.seconds(1)
        for _ in 1...20 {
            let start = ContinuousClock.now
            let page = try await database.read { try $0.transcripts.page(entry.sessionID, limit: 200) }
            best = min(best, ContinuousClock.now - start)
            #expect(page.count == 200)
        }
        return best
    }
    // A busy machine may slow down one of the two.
    var isAsFast = false
    for _ in 1...10 where !isAsFast {
        let (few, many) = try await (best(other), best(main))
        isAsFast = many < few * 3
    }
    #expect(isAsFast)
    #expect(try await database.read { try $0.transcripts.page(main.sessionID, limit: 1) }.last?.sequence == 100_000)
}

@Test func `a compacted transcript keeps its newest lines and its numbers; the others are put away`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let names = try await database.write { transaction in
        let transcripts = transaction.transcripts
        for number in 1...10 { try transcripts.append(message("nr\(number)"), to: main, at: 0) }
        let first = try transcripts.compact(main.sessionID, keeping: 4, at: 0)
        let second = try transcripts.compact(main.sessionID, keeping: 3, at: 0)
        return try (first, second, transcripts.compact(main.sessionID, keeping: 3, at: 0))
    }
    #expect(names.0 == "\(main.sessionID).jsonl.bak.1970-01-01T00-00-00.000Z")
    #expect(names.1 == "\(main.sessionID).jsonl.bak.1970-01-01T00-00-00.000Z-2")
    #expect(names.2 == nil)
    let next = try await database.write { try $0.transcripts.append(message("next"), to: main, at: 0) }
    #expect(next.sequence == 11)
    let page = try await database.read { try $0.transcripts.page(main.sessionID, limit: 100) }
    #expect(page.map(\.sequence) == [8, 9, 10, 11])
    // What was put away can still be found.
    #expect(try await database.read { try $0.transcripts.search(TranscriptQuery("nr2")) }.map(\.sequence) == [2])
}

@Test func `a deleted session's transcript is put away, and not found any more`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let name = try await database.write { transaction in
        try transaction.transcripts.append(message("secret"), to: main, at: 0)
        return try transaction.transcripts.archive(main.sessionID, at: 1500)
    }
    #expect(name == "\(main.sessionID).jsonl.deleted.1970-01-01T00-00-01.500Z")
    #expect(try await database.read { try $0.transcripts.search(TranscriptQuery("secret")) }.isEmpty)
    #expect(try await database.read { try !$0.transcripts.exists(main.sessionID) })
    #expect(try await database.write { try $0.transcripts.archive(main.sessionID, at: 1) } == nil)
    // The session's next message begins another.
    #expect(try await database.write { try $0.transcripts.append(message("new"), to: main, at: 2) }.sequence == 1)
}

@Test(arguments: [
    ("fox", ["m1", "m2"]), ("FOX quick", ["m1"]), ("naive", ["m3"]), ("naïve", ["m3"]), ("qui*", ["m1"]), ("qui", []),
    ("\"brown fox\"", ["m1"]), ("\"fox brown\"", []), ("brown fox", ["m1"]), ("", []), ("  \" * - ", []),
    ("fox OR naive", []), ("text:fox", []), ("NEAR(fox)", []), ("fox\"", ["m1", "m2"]), ("b\" OR \"", []),
    ("パンダ", ["m4"]),
])
func `words are found whatever their case and accents, and are never operators`(
    text: String, found: [String]
) async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let texts = ["the quick brown Fox", "a fox in a box", "how Naïve of you", "パンダ です"]
    try await database.write { transaction in
        for (index, text) in texts.enumerated() {
            var message = message(text)
            message = ["role": "user", "content": .string(text), "timestamp": .integer(Int64(index + 1))]
            try transaction.transcripts.append(message, to: main, at: 0)
        }
    }
    let hits = try await database.read { try $0.transcripts.search(TranscriptQuery(text)) }
    #expect(Set(hits.map { "m\($0.sequence)" }) == Set(found))
    #expect(hits.allSatisfy { $0.snippet.contains("[") && $0.key == main.key.text })
}

@Test func `a search can be held to a session, an agent, a role and a number`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    try await database.write { transaction in
        for (entry, role) in [(main, "user"), (main, "assistant"), (other, "user")] {
            try transaction.transcripts.append(message("needle", role: role), to: entry, at: 0)
        }
    }
    func count(_ change: (inout TranscriptQuery) -> Void) async throws -> Int {
        var query = TranscriptQuery("needle")
        change(&query)
        return try await database.read { [query] in try $0.transcripts.search(query).count }
    }
    #expect(try await count { _ in } == 3)
    #expect(try await count { $0.key = main.key } == 2)
    #expect(try await count { $0.agent = "ops" } == 1)
    #expect(try await count { $0.agent = "op" } == 0)
    #expect(try await count { $0.role = "assistant" } == 1)
    #expect(try await count { $0.limit = 2 } == 2)
}

@Test func `the index of words holds what the transcripts hold`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    try await database.write { transaction in
        for number in 1...20 { try transaction.transcripts.append(message("word\(number)"), to: main, at: 0) }
        _ = try transaction.transcripts.compact(main.sessionID, keeping: 3, at: 0)
        try transaction.database.execute(sql: "DELETE FROM message WHERE sequence > 15")
        try transaction.database.execute(
            sql: "INSERT INTO messageText(messageText, rank) VALUES ('integrity-check', 1)")
    }
    let left = try await database.read { try $0.transcripts.search(TranscriptQuery("word*")).count }
    #expect(left == 15)
}
