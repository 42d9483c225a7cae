import Foundation
import JSON
import Policy
import Testing

@testable import Files
@testable import Gateway
@testable import Storage
@testable import Time

/// What the original gateway left behind, in a directory of its own.
private func original() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(
        """
        { // written by hand, as JSON5 allows
          "agent:main:main": {sessionId: "aaaa", updatedAt: 2000, thinkingLevel: "high", tomorrow: {x: [1]},
            sessionFile: "/home/u/.original/agents/main/sessions/aaaa.jsonl"},
          "agent:main:MAIN": {sessionId: "old", updatedAt: 1000},
          "telegram:group:G7": {sessionId: "bbbb", updatedAt: 1500,
            sessionFile: "/home/u/.original/agents/main/sessions/bbbb-topic-3.jsonl"},
          "agent:main:broken": {updatedAt: 3},
        }
        """, to: "agents/main/sessions/sessions.json")
    try directory.write(
        """
        {"type":"session","version":2,"id":"aaaa","timestamp":"2026-01-31T12:44:56.789Z","cwd":"/w"}
        {"type":"message","id":"00000001","parentId":null,"timestamp":"2026-01-31T12:44:57.000Z","message":{"role":"user","content":[{"type":"text","text":"Where is the wombat?"}],"timestamp":1769863497000}}
        {"type":"model_change","id":"00000002","provider":"x"}
        half a li

        {"type":"message","id":"00000003","parentId":"00000001","timestamp":"2026-01-31T12:44:58.000Z","message":{"content":"In its burrow.","role":"assistant"}}

        """, to: "agents/main/sessions/aaaa.jsonl")
    try directory.write(
        #"{"type":"message","id":"1","message":{"role":"user","content":"topic three"}}"# + "\n",
        to: "agents/main/sessions/bbbb-topic-3.jsonl")
    try directory.write(
        #"{"type":"message","id":"1","message":{"role":"user","content":"gone wombat"}}"# + "\n",
        to: "agents/main/sessions/cccc.jsonl.deleted.2026-01-01T00-00-00.000Z")
    try directory.write(
        #"{"agent:ops:main": {"sessionId": "dddd", "updatedAt": 7}}"#, to: "agents/ops/sessions/sessions.json")
    return directory
}

private func entries(_ directory: TemporaryDirectory, _ agent: String) throws -> JSON {
    try JSON(parsing: Array(directory.read("agents/\(agent)/sessions/sessions.json").utf8))
}

@Test func `what the original gateway kept comes in, and what cannot is named`() async throws {
    let files = try original()
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let result = try await SessionImport(files.path, into: database)
    #expect(result.sessions == 3)
    #expect(result.transcripts == 3)
    #expect(result.messages == 4)
    #expect(result.leftOut.count == 2)
    #expect(result.leftOut.contains { $0.contains("agent:main:broken") && $0.contains("no sessionId") })
    #expect(result.leftOut.contains { $0.contains("agent:main:main") && $0.contains("used later") })

    let (list, page, topic, hits) = try await database.read { transaction in
        try (
            transaction.sessions.list(.everything), transaction.transcripts.page("aaaa", limit: 10),
            transaction.transcripts.page("bbbb-topic-3", limit: 10),
            transaction.transcripts.search(TranscriptQuery("wombat"))
        )
    }
    #expect(list.map(\.key.text) == ["agent:main:main", "agent:main:telegram:group:g7", "agent:ops:main"])
    #expect(list[0].fields == ["thinkingLevel": "high", "tomorrow": ["x": [1]]])
    #expect(page.map(\.text) == ["Where is the wombat?", "In its burrow."])
    #expect(page.map(\.timestamp) == [1_769_863_497_000, 1_769_863_498_000])
    #expect(topic.map(\.text) == ["topic three"])
    #expect(list[1].sessionID == "bbbb-topic-3")
    // The deleted one is there, but not found.
    #expect(hits.map(\.key) == ["agent:main:main"])
    // The conversation goes on where it stood.
    let next = try await database.write {
        try $0.transcripts.append(["role": "user", "content": "Ah."], to: list[0], at: 9)
    }
    #expect(next.sequence == 5)
}

@Test func `what went in comes out line by line, and goes in again`() async throws {
    let files = try original()
    let (first, second, out) = (try TemporaryDirectory(), try TemporaryDirectory(), try TemporaryDirectory())
    let database = try InstanceDatabase(stateDirectory: first.path)
    _ = try await SessionImport(files.path, into: database)
    let written = try ConversationReader(stateDirectory: first.path).export(to: out.path)
    #expect(written.sessions == 3)
    #expect(written.transcripts == 3)
    #expect(written.lines == 7)
    for name in ["bbbb-topic-3.jsonl", "cccc.jsonl.deleted.2026-01-01T00-00-00.000Z"] {
        #expect(try out.read("agents/main/sessions/\(name)") == files.read("agents/main/sessions/\(name)"))
    }
    // Empty lines are no lines.
    let lines = try files.read("agents/main/sessions/aaaa.jsonl").split(
        separator: "\n", omittingEmptySubsequences: true)
    #expect(try out.read("agents/main/sessions/aaaa.jsonl") == lines.joined(separator: "\n") + "\n")
    #expect(try entries(out, "main")["agent:main:main"]?["thinkingLevel"] == "high")
    #expect(try entries(out, "main")["agent:main:telegram:group:g7"]?["sessionId"] == "bbbb-topic-3")
    #expect(try entries(out, "ops").object?.members.map(\.name) == ["agent:ops:main"])
    #expect(try out.mode("agents/main/sessions/sessions.json") == 0o600)
    #expect(try out.mode("agents/main/sessions/aaaa.jsonl") == 0o600)
    #expect(try out.mode("agents/main/sessions") == 0o700)

    let again = try InstanceDatabase(stateDirectory: second.path)
    #expect(try await SessionImport(out.path, into: again).leftOut.isEmpty)
    let (one, other) = try await (
        database.read { try $0.sessions.list(.everything) }, again.read { try $0.sessions.list(.everything) }
    )
    #expect(one == other)
}

@Test func `a second import changes nothing, and names what differs`() async throws {
    let files = try original()
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    _ = try await SessionImport(files.path, into: database)
    let main = try #require(try await database.read { try $0.sessions.find(sessionID: "aaaa") })
    _ = try await database.write { try $0.transcripts.append(["role": "user", "content": "Later."], to: main, at: 9) }
    var again = try await SessionImport(files.path, into: database)
    #expect(again.sessions == 0)
    #expect(again.transcripts == 0)
    #expect(again.leftOut.filter { $0.contains("transcript") }.isEmpty)
    try files.write("{}\n", to: "agents/main/sessions/aaaa.jsonl")
    again = try await SessionImport(files.path, into: database)
    #expect(again.leftOut.contains { $0.contains("aaaa.jsonl: there is another transcript") })
    #expect(try await database.read { try $0.transcripts.count("aaaa") } == 3)
}

@Test func `one agent's sessions can come in by themselves`() async throws {
    let files = try original()
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let result = try await SessionImport(files.path / "agents/ops/sessions", into: database)
    #expect(result.sessions == 1)
    #expect(try await database.read { try $0.sessions.list().map(\.key.text) } == ["agent:ops:main"])
}

@Test func `one agent's sessions can go out by themselves`() async throws {
    let files = try original()
    let (directory, out) = (try TemporaryDirectory(), try TemporaryDirectory())
    let database = try InstanceDatabase(stateDirectory: directory.path)
    _ = try await SessionImport(files.path, into: database)
    let reader = try ConversationReader(stateDirectory: directory.path)
    #expect(try reader.export(to: out.path, agent: "ops").sessions == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(out.path)/agents") == ["ops"])
}

@Test func `an export replaces nothing`() async throws {
    let files = try original()
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    _ = try await SessionImport(files.path, into: database)
    let before = try files.read("agents/main/sessions/sessions.json")
    let reader = try ConversationReader(stateDirectory: directory.path)
    #expect(throws: StorageError.self) { try reader.export(to: files.path) }
    #expect(try files.read("agents/main/sessions/sessions.json") == before)
}

@Test func `names that lead elsewhere lead nowhere`() async throws {
    let (files, directory, out) = (try TemporaryDirectory(), try TemporaryDirectory(), try TemporaryDirectory())
    try files.write(
        #"{"agent:..:x": {"sessionId": "kept"}, "y": {"sessionId": "../../y"}, "z": {"sessionId": "z\u0000"}}"#,
        to: "agents/main/sessions/sessions.json")
    try files.write(
        #"{"message":{"role":"user","content":"a"}}"# + "\n", to: "agents/main/sessions/kept.jsonl")
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let result = try await SessionImport(files.path, into: database)
    #expect(result.sessions == 1)
    #expect(result.leftOut.count == 2)
    #expect(result.leftOut.allSatisfy { $0.contains("its sessionId is no name of a file") })
    // What stands in the database may be anybody's.
    let reader = try ConversationReader(stateDirectory: directory.path)
    #expect(try reader.export(to: out.path / "one").sessions == 1)
    #expect(try out.read("one/agents/main/sessions/kept.jsonl").hasSuffix("\n"))
    try await database.write { transaction in
        _ = try transaction.transcripts.begin(
            "y", name: "../../../../stray.jsonl", key: "agent:main:y", header: "{}", at: 1)
    }
    #expect {
        try reader.export(to: out.path / "two")
    } throws: {
        "\($0)".contains("stray.jsonl\" is no name of a file")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: out.path.text).sorted() == ["one", "two"])
}

@Test func `a session of another conversation is left as it is`() async throws {
    let (files, directory) = (try original(), try TemporaryDirectory())
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let mine = SessionEntry(beginning: SessionKey(agent: "main", rest: "main"), at: 5)
    try await database.write { try $0.sessions.save(mine) }
    let result = try await SessionImport(files.path, into: database)
    #expect(result.sessions == 2)
    #expect(result.leftOut.contains { $0.contains("agent:main:main: there is another session of this name already") })
    #expect(try await database.read { try $0.sessions.find(mine.key) } == mine)
}

@Test func `a place without sessions is told of`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    await #expect(throws: StorageError.self) { try await SessionImport(directory.path / "nowhere", into: database) }
    try directory.write("[", to: "agents/main/sessions/sessions.json")
    await #expect {
        try await SessionImport(directory.path, into: database)
    } throws: {
        "\($0)".contains("sessions.json") && "\($0)".contains("1:2")
    }
}

@Test func `lines that are no UTF-8 are named and passed over`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    try directory.write("", to: "agents/main/sessions/x.jsonl")
    var bytes = Data(#"{"message":{"role":"user","content":"a"}}"#.utf8) + Data([0x0A, 0xFF, 0xFE, 0x0A])
    bytes += Data(#"{"message":{"role":"user","content":"b"}}"#.utf8)
    try bytes.write(to: URL(filePath: "\(directory.path)/agents/main/sessions/x.jsonl"))
    let result = try await SessionImport(directory.path, into: database)
    #expect(result.messages == 2)
    #expect(result.leftOut == ["\(directory.path)/agents/main/sessions/x.jsonl:2: the line is no UTF-8"])
}

@Test func `only regular files come in, nobody waits for another, and the others come in all the same`() async throws {
    let (files, directory) = (try TemporaryDirectory(), try TemporaryDirectory())
    let line = #"{"message":{"role":"user","content":"a secret"}}"# + "\n"
    let sessions = "\(files.path)/agents/main/sessions"
    try files.write(line, to: "agents/main/sessions/good.jsonl")
    try files.write(line, to: "elsewhere.jsonl")
    try #require(mkfifo("\(sessions)/a-pipe.jsonl", 0o600) == 0)
    let manager = FileManager.default
    try manager.createDirectory(atPath: "\(sessions)/a-directory.jsonl", withIntermediateDirectories: true)
    try manager.createSymbolicLink(
        atPath: "\(sessions)/a-link.jsonl", withDestinationPath: "\(files.path)/elsewhere.jsonl")
    try manager.createSymbolicLink(atPath: "\(sessions)/a-device.jsonl", withDestinationPath: "/dev/zero")
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let result = try await SessionImport(files.path, into: database)
    #expect(result.transcripts == 1)
    #expect(result.leftOut.count == 4)
    for name in ["a-pipe", "a-directory"] {
        #expect(result.leftOut.contains { $0.contains("\(name).jsonl: it must be a regular file") })
    }
    for name in ["a-link", "a-device"] {
        #expect(result.leftOut.contains { $0.contains("\(name).jsonl: it is a symbolic link") })
    }
    // The database takes more.
    try await database.write { transaction in
        try transaction.sessions.save(SessionEntry(beginning: SessionKey(agent: "main", rest: "main"), at: 5))
    }
}

@Test(
    arguments: [
        (.integer(.min), nil), (.integer(.max), nil), (-1, nil), (1e300, nil), ("yesterday", nil), (0, 0), (5.5, 5),
        (253_402_300_799_999, .latest), (253_402_300_800_000, nil),
    ] as [(JSON, Timestamp?)])
func `a session comes in whatever its times are, and what is no time is named`(json: JSON, time: Timestamp?)
    async throws
{
    let (files, home) = (try TemporaryDirectory(), try TemporaryDirectory())
    let index: JSON = ["agent:main:main": ["sessionId": "aaaa", "updatedAt": json]]
    try files.write(index.text(), to: "agents/main/sessions/sessions.json")
    let header = #"{"type":"session","id":"aaaa","timestamp":"999999999-01-01T00:00:00Z"}"#
    let message: JSON = ["message": ["role": "user", "content": "hello", "timestamp": json]]
    try files.write("\(header)\n\(message.text())\n", to: "agents/main/sessions/aaaa.jsonl")
    let database = try InstanceDatabase(stateDirectory: home.path)
    let read = try await SessionImport(files.path, into: database)
    #expect((read.sessions, read.transcripts, read.messages) == (1, 1, 1))
    let place =
        "\(files.path)/agents/main/sessions/sessions.json: agent:main:main: its updatedAt is \(json.text()), which is no time"
    #expect(read.leftOut.map { $0.hasPrefix(place) } == (time == nil ? [true] : []))
    let key = SessionKey(agent: "main", rest: "main")
    #expect(try await database.read { try $0.sessions.list() }.first?.updatedAt == time ?? .earliest)
    let policy = ResetPolicy(dailyHour: 4, silence: .longestInterval)
    let used = try await database.write { try $0.sessions.use(key, policy: policy, at: 1_800_000_000_000) }
    #expect(used.updatedAt == max(time ?? .earliest, 1_800_000_000_000))
}
