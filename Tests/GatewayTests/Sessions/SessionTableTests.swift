import JSON
import Testing

@testable import Gateway
@testable import Storage
@testable import Time

private func key(_ text: String) throws -> SessionKey { try #require(SessionKey(stored: text)) }

private func entry(_ text: String, at time: Timestamp, _ fields: JSONObject = [:]) throws -> SessionEntry {
    SessionEntry(key: try key(text), sessionID: "id-\(text)", updatedAt: time, fields: fields)
}

@Test func `a session is kept with all its settings, also those unknown here`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let written = try entry(
        "agent:main:main", at: 5,
        ["label": "Work", "thinkingLevel": "high", "origin": ["provider": "irc"], "tomorrow": [1, 2.5, .null]])
    try await database.write { try $0.sessions.save(written) }
    try database.close()
    let reopened = try InstanceDatabase(stateDirectory: directory.path)
    let (byKey, byID, byLabel) = try await reopened.read { transaction in
        let sessions = transaction.sessions
        return try (
            sessions.find(written.key), sessions.find(sessionID: written.sessionID), sessions.find(label: "Work")
        )
    }
    #expect(byKey == written)
    #expect(byID == written)
    #expect(byLabel == written)
    #expect(SessionEntry(key: written.key, json: written.json) == written)
}

@Test func `a message finds its session as it was, begun anew, or new`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let name = try key("agent:main:main")
    let policy = ResetPolicy(dailyHour: nil, silence: TimeSpan(1, .minutes))
    let uses = try await database.write { transaction in
        try [Timestamp(clamping: 0), 60_000, 200_000].map { try transaction.sessions.use(name, policy: policy, at: $0) }
    }
    #expect(uses[0].sessionID == uses[1].sessionID)
    #expect(uses[1].updatedAt == 60_000)
    #expect(uses[1].sessionID != uses[2].sessionID)
    #expect(try await database.read { try $0.sessions.find(name) } == uses[2])
}

@Test func `a session begun anew keeps what its owner set and forgets what was used`() throws {
    let old = try entry(
        "agent:main:main", at: 1,
        [
            "label": "Work", "modelOverride": "m", "totalTokens": 9, "inputTokens": 4, "systemSent": true,
            "cliSessionIds": ["a": "b"],
        ])
    let new = old.begunAnew(at: 7)
    #expect(new.sessionID != old.sessionID)
    #expect(new.updatedAt == 7)
    #expect(new.fields == ["label": "Work", "modelOverride": "m", "totalTokens": 0, "inputTokens": 0])
}

@Test func `a deleted session is gone, and only that`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let (one, other) = (try entry("agent:main:a", at: 1), try entry("agent:main:b", at: 2))
    let deleted = try await database.write { transaction in
        try transaction.sessions.save(one)
        try transaction.sessions.save(other)
        return try (transaction.sessions.delete(one.key), transaction.sessions.delete(one.key))
    }
    #expect(deleted.0 == one.sessionID)
    #expect(deleted.1 == nil)
    #expect(try await database.read { try $0.sessions.list() } == [other])
}

private let listed: [(filter: @Sendable (inout SessionFilter) -> Void, keys: [String])] = [
    ({ _ in }, ["agent:ops:x", "agent:main:two%", "agent:main:main"]),
    ({ $0 = .everything }, ["unknown", "agent:ops:x", "agent:main:two%", "global", "agent:main:main"]),
    ({ $0.agent = "main" }, ["agent:main:two%", "agent:main:main"]), ({ $0.limit = 1 }, ["agent:ops:x"]),
    ({ $0.usedSince = 3 }, ["agent:ops:x", "agent:main:two%"]), ({ $0.label = "Two" }, ["agent:main:two%"]),
    ({ $0.spawnedBy = "agent:main:main" }, ["agent:ops:x"]), ({ $0.text = "TWO" }, ["agent:main:two%"]),
    ({ $0.text = "%" }, ["agent:main:two%"]), ({ $0.text = "the garden" }, ["agent:ops:x"]), ({ $0.text = "zz" }, []),
]

@Test(arguments: listed.indices)
func `sessions are listed as asked, those used last first`(index: Int) async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let entries = [
        try entry("agent:main:main", at: 1), try entry("global", at: 2),
        try entry("agent:main:two%", at: 3, ["label": "Two"]),
        try entry("agent:ops:x", at: 4, ["spawnedBy": "agent:main:main", "displayName": "The Garden"]),
        try entry("unknown", at: 5),
    ]
    try await database.write { transaction in
        for entry in entries { try transaction.sessions.save(entry) }
    }
    var filter = SessionFilter()
    listed[index].filter(&filter)
    let (list, count) = try await database.read { [filter] in
        try ($0.sessions.list(filter), $0.sessions.count(filter))
    }
    #expect(list.map(\.key.text) == listed[index].keys)
    #expect(count == listed[index].keys.count)
}
