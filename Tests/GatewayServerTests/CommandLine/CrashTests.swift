import Foundation
import Fuzzing
import GRDB
import JSON
import Policy
import Testing

@testable import Gateway
@testable import Storage

/// K: the gateway is killed at any moment.
///
/// By default twelve times; `MAZELCLAW_KILLS=200` is another number (`make kills`).
@Suite(.serialized) struct CrashTests {
    private static let variables = ProcessInfo.processInfo.environment
    private static let rounds = variables["MAZELCLAW_KILLS"].map { Int($0) ?? 0 } ?? 12

    /// Agents that answer at once, and one that has a program do so.
    private static let sessions = ["agent:main:a", "agent:main:b", "agent:echo:c"]

    @Test func `kill -9 under load loses no message that was acknowledged, doubles none and keeps their order`()
        async throws
    {
        try #require(Self.rounds > 0, "MAZELCLAW_KILLS must be a number from 1 up")
        let (command, port) = try await BuiltCommand.withEcho(
            agents: #"[{"id": "main"}, {"id": "echo", "model": "tool"}]"#)
        var speakers = Self.sessions.flatMap { session in
            [
                Speaker("first", in: session, .sending), Speaker("second", in: session, .sending),
                Speaker("third", in: session, .injecting),
            ]
        }
        var kept = KeptNumbers(of: speakers, in: command)
        var random = KillSeed.numbers(for: "load")
        let begin = ContinuousClock.now
        for round in 1...Self.rounds {
            let comment: Comment = "round \(round), seed \(KillSeed.value)"
            // Every fourth is also hit while it starts, and mends what the one before it left.
            if round % 4 == 0 {
                let process = try command.start("--profile", command.profile, "gateway")
                try await Task.sleep(for: .microseconds(random.below(60_000)))
                kill(process.processIdentifier, SIGKILL)
                _ = await process.end()
            }
            let delay = random.below(120_000)
            _ = try await command.gateway("--profile", command.profile, "gateway", signal: SIGKILL) { process in
                // This one has mended what the one before it left.
                try kept.look(for: speakers, comment)
                speakers = try await Self.speak(speakers, to: port, until: .microseconds(delay)) {
                    kill(process.processIdentifier, SIGKILL)
                }
            }
        }
        let time = begin.duration(to: .now)
        for speaker in speakers { try #require(!speaker.acknowledged.isEmpty, "\(speaker.session) \(speaker.name)") }

        // The next start goes on with what was cut off, and everything is looked at once more from its beginning.
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
            var all = KeptNumbers(of: speakers, in: command)
            try all.look(for: speakers, "seed \(KillSeed.value)")
            try all.requireRuns()
            let client = try await WebSocketClient(port: port)
            try await client.enter(ConnectRequest())
            for speaker in speakers where speaker.way == .sending {
                // Answered, or told that it is not tried again; so are those before it.
                let last = try #require(speaker.acknowledged.max())
                let run = "\(speaker.session)-\(speaker.name)-\(last)"
                let wait = try await client.call("agent.wait", ["runId": .string(run), "timeoutMs": 120_000])
                #expect(["ok", "error"].contains(wait?["payload"]?["status"]?.string), "\(run)")
            }
            try all.requireAnswers()
            let count = speakers.reduce(0) { $0 + $1.acknowledged.count }
            let messages = "messages: \(count) acknowledged, \(all.count) kept"
            print("kills: \(Self.rounds) in \(time); \(messages); seed \(KillSeed.value)")
        }
        let state = try #require(AbsolutePath("\(command.home)/.mazelclaw-\(command.profile)"))
        let database = try InstanceDatabase(stateDirectory: state, checkLimit: .max)
        // The index of all words against the words (FTS5, section 6.4).
        try database.writeNow { transaction in
            try transaction.database.execute(
                sql: "INSERT INTO messageText(messageText, rank) VALUES ('integrity-check', 1)")
        }
        try database.close()
        let search = try await command.run("--profile", command.profile, "sessions", "search", "first 1")
        #expect(search.code == 0)
        #expect(search.output.contains("agent:main:a  user: [first] [1]"))
    }

    /// Has all of `speakers` speak, and calls `end` after `time` in which all of them could. Returns them as they are
    /// then.
    private static func speak(
        _ speakers: [Speaker], to port: UInt16, until time: Duration, _ end: () -> Void
    ) async throws -> [Speaker] {
        try await withThrowingTaskGroup(of: (Int, Speaker).self) { group in
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            for (index, speaker) in speakers.enumerated() {
                group.addTask {
                    var speaker = speaker
                    try await speaker.speak(to: port, enter: enter)
                    return (index, speaker)
                }
            }
            var waiting = speakers.count
            for await _ in entered {
                waiting -= 1
                if waiting == 0 { break }
            }
            try await Task.sleep(for: time)
            end()
            var after = speakers
            for try await (index, speaker) in group { after[index] = speaker }
            return after
        }
    }
}

/// What the sessions are found to hold of what was said in them.
private struct KeptNumbers {
    private let path: String
    /// By session: how far it was looked at.
    private var places: [String: Int64] = [:]
    /// By speaker: the numbers that were found, in order.
    private var numbers: [[Int]]
    private let speakers: [(session: String, name: String)]

    init(of speakers: [Speaker], in command: BuiltCommand) {
        path = "\(command.home)/.mazelclaw-\(command.profile)/mazelclaw.sqlite"
        self.speakers = speakers.map { ($0.session, $0.name) }
        numbers = speakers.map { _ in [] }
    }

    /// How many were found.
    var count: Int { numbers.reduce(0) { $0 + $1.count } }

    private func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        var settings = DatabaseFile.settings
        settings.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: settings)
        defer { #expect(throws: Never.self) { try queue.close() } }
        return try queue.read(body)
    }

    /// Looks at what came since, and holds all against what `speakers` were told.
    mutating func look(for speakers: [Speaker], _ comment: Comment) throws {
        var all = self
        try read { database in
            try #expect(String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"], comment)
            for session in Set(speakers.map(\.session)) { try all.read(session, database) }
        }
        self = all
        for (found, speaker) in zip(numbers, speakers) {
            let who: Comment = "\(speaker.session), \(speaker.name): \(comment.rawValue)"
            // Each once, in order.
            #expect(zip(found, found.dropFirst()).allSatisfy { $0 < $1 }, who)
            // What was acknowledged is there; what is there was said.
            #expect(speaker.acknowledged.subtracting(found).isEmpty, who)
            #expect(found.last ?? 0 <= speaker.said, who)
            // Of what was said one after another under keys, none is left out.
            if speaker.way == .sending { #expect(found.last ?? 0 == found.count, who) }
        }
    }

    private mutating func read(_ session: String, _ database: Database) throws {
        guard let key = SessionKey(stored: session), let entry = try Transaction(database).sessions.find(key) else {
            return
        }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT sequence, role, text FROM message
                WHERE transcript = (SELECT id FROM transcript WHERE name = ?) AND sequence > ? ORDER BY sequence
                """, arguments: [TranscriptTable.name(entry.sessionID), places[session] ?? 0])
        while let row = try rows.next() {
            places[session] = row["sequence"]
            let words = (row["text"] as String).split(separator: " ")
            guard words.count == 2, let number = Int(words[1]),
                let index = speakers.firstIndex(where: { $0.session == session && $0.name == words[0] })
            else { continue }
            // The agents' answers repeat what was said.
            guard row["role"] == "user" || words[0] == "third" else { continue }
            numbers[index].append(number)
        }
    }

    /// Each message that was sent is answered once, or told once that it is not, when no run is open any more.
    func requireAnswers() throws {
        try read { database in
            for session in Set(speakers.map(\.session)) {
                guard let key = SessionKey(stored: session), let entry = try Transaction(database).sessions.find(key)
                else { continue }
                let open = try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM run WHERE sessionKey = ? AND endedAt IS NULL",
                    arguments: [session])
                guard open == 0 else { continue }
                let counts = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT role, count(*) AS number FROM message
                        WHERE transcript = (SELECT id FROM transcript WHERE name = ?) AND text NOT LIKE 'third %'
                        GROUP BY role
                        """, arguments: [TranscriptTable.name(entry.sessionID)])
                let numbers = Dictionary(
                    uniqueKeysWithValues: counts.map { ($0["role"] as String, $0["number"] as Int) })
                #expect(numbers["user"] == numbers["assistant"], "\(session): \(numbers)")
            }
        }
    }

    /// A message that was sent is there exactly when its run is, and nothing is under way.
    func requireRuns() throws {
        try read { database in
            for session in Set(speakers.map(\.session)) {
                let sent = zip(numbers, speakers).filter { $1.session == session && $1.name != "third" }
                let runs = try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM run WHERE sessionKey = ?", arguments: [session])
                #expect(runs == sent.reduce(0) { $0 + $1.0.count }, "\(session)")
            }
        }
    }
}
