import Fuzzing
import JSON
import Policy
import Testing

@testable import Files
@testable import Gateway
@testable import GatewayProtocol
@testable import Storage
@testable import Time

/// Files of sessions and jobs that the original gateway never wrote.
@Suite struct ImportFuzzTests {
    @Test func `sessions come in, or are refused at a place, and what came in can be used`() async throws {
        for seed in FuzzRun("session-import") {
            var random = SplitMix(seed: seed)
            let (files, home) = (try TemporaryDirectory(inMemory: true), try TemporaryDirectory(inMemory: true))
            try files.write(random.text(Self.index), to: "agents/main/sessions/sessions.json")
            let lines = Self.lines.map { random.text($0) }
            try files.write(lines.joined(separator: "\n"), to: "agents/main/sessions/aaaa.jsonl")
            try files.write(lines.reversed().joined(separator: "\n"), to: "agents/main/sessions/cccc.jsonl.deleted.1")
            let database = try InstanceDatabase(stateDirectory: home.path)
            do {
                let read = try await SessionImport(files.path, into: database)
                #expect(read.leftOut.allSatisfy { $0.contains(files.path.text) }, "seed \(seed)")
            } catch let error as StorageError {
                #expect(error.description.contains("sessions.json"), "seed \(seed): \(error)")
            }
            var settings = SessionSettings()
            settings.resets.silence = TimeSpan(clamping: random.one(of: SplitMix.extremeNumbers))
            let store = ConversationStore(database: database, settings: Current(settings))
            let rows = try await store.list(
                .everything, ConversationStore.ListDetails(hasTitles: true, hasLastMessages: true))
            let now = Timestamp(clamping: random.one(of: SplitMix.extremeNumbers))
            for row in rows {
                let policy = settings.resets.policy(for: row.entry.key)
                let used = try await database.write {
                    try $0.sessions.use(row.entry.key, policy: policy, at: now)
                }
                #expect(used.updatedAt >= now, "seed \(seed)")
                #expect(row.json["updatedAt"]?.integer.map(Timestamp.range.contains) == true, "seed \(seed)")
            }
            let out = try TemporaryDirectory(inMemory: true)
            _ = try ConversationReader(stateDirectory: home.path).export(to: out.path / "out")
            try database.close()
        }
    }

    @Test func `jobs come in, or are refused with a reason, and can be scheduled`() throws {
        for seed in FuzzRun("cron-import") {
            var random = SplitMix(seed: seed)
            let now = Timestamp(clamping: random.one(of: SplitMix.extremeNumbers))
            let list = (0...random.below(3)).map { _ in random.withExtreme(random.one(of: Self.jobs)) }
            let read = CronImport(list, at: now) { (id) throws(ProtocolError) in }
            #expect(read.jobs.count + read.issues.count == list.count, "seed \(seed)")
            #expect(read.issues.allSatisfy { !$0.message.isEmpty }, "seed \(seed)")
            for (_, job) in read.jobs {
                var faults = Faults()
                #expect(CronJob.shape.read(job.json, &faults) == job, "seed \(seed): \(faults.text)")
                var job = job
                var run = CronRun(of: job.id, at: Timestamp(clamping: random.one(of: SplitMix.extremeNumbers)))
                run.endedAt = Timestamp(clamping: random.one(of: SplitMix.extremeNumbers))
                job.note(run)
                #expect(CronJob.shape.read(job.json, &faults) == job, "seed \(seed): \(faults.text)")
            }
        }
    }

    private static let index: JSON = [
        "agent:main:main": ["sessionId": "aaaa", "updatedAt": 1_700_000_000_000, "sessionFile": "/x/aaaa.jsonl"],
        "agent:main:irc:group:g": ["sessionId": "bbbb", "updatedAt": 5.5, "label": "l", "totalTokens": 7],
        "global": ["sessionId": "cccc", "updatedAt": 7, "inputTokens": 1],
    ]
    private static let lines: [JSON] = [
        ["type": "session", "version": 2, "id": "aaaa", "timestamp": "2026-01-31T12:34:56.789Z"],
        [
            "type": "message", "id": "1", "timestamp": "2026-01-31T12:34:57Z",
            "message": ["role": "user", "content": "hi"],
        ],
        [
            "message": [
                "role": "assistant", "content": [["type": "text", "text": "ho"]], "timestamp": 1_700_000_000_001,
            ]
        ],
        ["type": "compaction", "timestamp": 7],
    ]
    private static let jobs: [JSON] = [
        [
            "id": "j", "name": "tea", "enabled": true, "createdAtMs": 5, "updatedAtMs": 6, "sessionTarget": "isolated",
            "schedule": ["kind": "every", "everyMs": 60_000, "anchorMs": 7], "wakeMode": "now",
            "payload": ["kind": "agentTurn", "message": "brew", "timeoutSeconds": 60],
            "isolation": ["postToMainMaxChars": 9],
            "state": ["nextRunAtMs": 7, "lastRunAtMs": 9, "lastStatus": "ok", "lastDurationMs": 10],
        ],
        [
            "id": "k", "name": "rice", "schedule": ["kind": "at", "atMs": 7], "sessionTarget": "main",
            "payload": ["kind": "systemEvent", "text": "t"], "deleteAfterRun": true,
        ],
        [
            "id": "l", "name": "bread", "schedule": ["kind": "cron", "expr": "0 9 * * *", "tz": "UTC"],
            "sessionTarget": "main", "createdAtMs": 1, "payload": ["kind": "systemEvent", "text": "t"],
        ],
    ]
}

extension SplitMix {
    /// `value` as a line, often with an extreme in it, and now and then damaged.
    fileprivate mutating func text(_ value: JSON) -> String {
        var text = Array((below(3) > 0 ? withExtreme(value) : value).text().utf8)
        if below(6) == 0 { damage(&text) }
        return String(decoding: text, as: UTF8.self)
    }
}
