import Foundation
import Fuzzing
import GRDB
import Policy
import Testing

@testable import Gateway
@testable import Storage

@Suite(.serialized) struct DurabilityTests {
    private static let sessions = 8

    /// What each session must hold at least, by what the killed process said.
    private struct Promise {
        var acknowledged = [Int](repeating: 0, count: sessions)

        mutating func add(_ lines: [String], _ comment: Comment) throws {
            for line in lines {
                let words = try line.split(separator: " ").map { try #require(Int($0), "\(line); \(comment)") }
                try #require(words.count == 3, "\(line); \(comment)")
                #expect(
                    words[1] == words[2],
                    "message \(words[1]) of session \(words[0]) has place \(words[2]); \(comment)")
                #expect(words[1] > acknowledged[words[0]], comment)
                acknowledged[words[0]] = words[1]
            }
        }
    }

    @Test func `200 kills lose nothing that was acknowledged, double nothing and keep the order`() async throws {
        let directory = try TemporaryDirectory()
        var promise = Promise()
        var random = KillSeed.numbers(for: "storage")
        let seed: Comment = "seed \(KillSeed.value)"
        for round in 0..<200 {
            let writer = try StorageWriter("write", directory.path)
            // Every fourth may be hit while it starts and mends what the one before it left.
            if round % 4 != 3 { writer.waitForWord() }
            try await Task.sleep(for: .microseconds(random.below(40_001)))
            writer.kill()
            try promise.add(writer.lines(), "round \(round), \(seed)")
        }
        try #require(promise.acknowledged.allSatisfy { $0 > 50 }, "\(promise.acknowledged), \(seed)")

        let database = try InstanceDatabase(stateDirectory: directory.path, checkLimit: .max)
        for number in 0..<Self.sessions {
            let (page, runs) = try await database.read { transaction in
                try (
                    transaction.transcripts.page("s\(number)", limit: .max),
                    Int.fetchOne(
                        transaction.database, sql: "SELECT count(*) FROM run WHERE sessionKey = ?",
                        arguments: ["agent:main:s\(number)"])
                )
            }
            let acknowledged = promise.acknowledged[number]
            #expect(page.map(\.text) == (1...max(1, page.count)).map(String.init), seed)
            #expect(page.map(\.sequence) == (1...max(1, page.count)).map(Int64.init), seed)
            // One more than was acknowledged may be there: committed, but killed before it could be said.
            #expect(page.count >= acknowledged, seed)
            #expect(page.count <= acknowledged + 200, seed)
            // A message is there exactly when its run is.
            #expect(runs == page.count, seed)
        }
        let hits = try await database.read { try $0.transcripts.search(TranscriptQuery("50")) }
        #expect(hits.count == Self.sessions)
    }

    @Test(.enabled(if: StorageWriter.canMount, "needs a mount in a user namespace"))
    func `a full disk refuses the next message, keeps the others, and is no trouble once there is space`() throws {
        let directory = try TemporaryDirectory()
        let writer = try StorageWriter(
            "fill", directory.path,
            preparation: "mount -t tmpfs -o size=4m tmpfs \(directory.path); "
                + "head -c 1000000 /dev/zero > \(directory.path)/ballast")
        let lines = writer.lines()
        try #require(lines.count == 3, "\(lines)")
        #expect(lines[0].contains("the disk is full"))
        #expect(lines[0].contains("\(directory.path)/mazelclaw.sqlite"))
        let kept = try #require(Int(lines[1].dropFirst("kept: ".count)))
        #expect(kept > 5)
        #expect(lines[2] == "then: \(kept + 1)")
    }

    @Test(.enabled(if: StorageWriter.canMount, "needs a mount in a user namespace"))
    func `a directory that cannot be written is told of at once, and the data stays as it is`() throws {
        let directory = try TemporaryDirectory()
        try InstanceDatabase(stateDirectory: directory.path).close()
        let before = try Data(contentsOf: URL(filePath: "\(directory.path)/mazelclaw.sqlite"))
        let writer = try StorageWriter(
            "open", directory.path,
            preparation: "mount --bind \(directory.path) \(directory.path); "
                + "mount -o remount,bind,ro \(directory.path)")
        #expect(writer.lines() == ["failed: cannot open \(directory.path)/mazelclaw.sqlite: Read-only file system"])
        #expect(try Data(contentsOf: URL(filePath: "\(directory.path)/mazelclaw.sqlite")) == before)
        // And what can be written is opened.
        #expect(try StorageWriter("open", directory.path).lines() == ["opened"])
    }

    @Test(.enabled(if: StorageWriter.canMount, "needs a mount in a user namespace"))
    func `where no database can be made, that is said`() throws {
        let directory = try TemporaryDirectory()
        let writer = try StorageWriter(
            "open", directory.path, preparation: "mount -t tmpfs -o ro tmpfs \(directory.path)")
        let lines = writer.lines()
        #expect(lines.count == 1)
        #expect(lines.first?.contains("Read-only file system") == true)
    }
}
