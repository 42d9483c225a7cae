import Fuzzing
import GRDB
import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Storage

/// Rows of the database that no version writes.
@Suite struct RowFuzzTests {
    @Test func `whatever a row of a job, session, run or message holds, the gateway starts and answers`() async throws {
        for seed in FuzzRun("rows") {
            var random = SplitMix(seed: seed)
            let instance = try TestInstance()
            let directory = instance.configuration.instance.stateDirectory.value
            let database = try InstanceDatabase(stateDirectory: directory)
            let rows = random.rows()
            try database.writeNow { transaction in
                for (sql, arguments) in rows { try transaction.database.execute(sql: sql, arguments: arguments) }
            }
            try database.close()
            try await instance.open(.direct) { door in
                let client = try await door.connected()
                for (method, params) in Self.questions {
                    let answer = try await client.call(method, params)
                    #expect(answer != nil, "seed \(seed): \(method)")
                }
                #expect(try await client.call("cron.list", ["includeDisabled": true])?["ok"] == true, "seed \(seed)")
                #expect(try await client.call("sessions.list", [:])?["ok"] == true, "seed \(seed)")
            }
            let reader = try ConversationReader(stateDirectory: directory)
            for fault in try reader.setAside() { #expect(!fault.fault.isEmpty, "seed \(seed)") }
        }
    }

    private static let questions: [(String, JSON)] = [
        ("health", ["probe": true]), ("status", [:]), ("cron.status", [:]), ("cron.runs", ["id": "j0"]),
        ("sessions.list", ["includeDerivedTitles": true, "includeLastMessage": true, "includeGlobal": true]),
        ("sessions.preview", ["keys": ["main", "other"]]), ("chat.history", ["sessionKey": "main"]),
        ("sessions.search", ["query": "hello"]), ("agent.wait", ["runId": "r0", "timeoutMs": 0]),
        ("chat.send", ["sessionKey": "main", "message": "/status", "idempotencyKey": "k0"]),
        ("chat.send", ["sessionKey": "other", "message": "/sessions", "idempotencyKey": "k9"]),
        ("agent", ["message": "/help", "idempotencyKey": "k1"]), ("chat.abort", ["sessionKey": "main"]),
        ("cron.run", ["id": "j0", "mode": "force"]), ("cron.run", ["id": "j1", "mode": "force"]),
        ("sessions.compact", ["key": "other", "maxLines": 1]), ("sessions.reset", ["key": "main"]),
        ("sessions.delete", ["key": "other"]), ("cron.remove", ["id": "j0"]),
    ]
}

extension SplitMix {
    private mutating func record(_ value: JSON) -> String {
        var text = Array((below(4) > 0 ? withExtreme(value) : value).text().utf8)
        if below(8) == 0 { damage(&text) }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func number() -> Int64 { below(3) > 0 ? one(of: Self.extremeNumbers) : 1_700_000_000_000 }

    /// Rows as the gateway writes them, with extremes in them.
    fileprivate mutating func rows() -> [(String, StatementArguments)] {
        var rows: [(String, StatementArguments)] = []
        for index in 0..<below(3) {
            var job = ExtremeFuzzTests.job.object ?? JSONObject()
            job["id"] = .string("j\(index)")
            rows.append(
                (
                    "INSERT INTO cronJob(jobId, nextRunAt, record) VALUES (?, ?, ?)",
                    ["j\(index)", number(), record(.object(job))]
                ))
            let run: JSON = [
                "ts": 5, "jobId": "j0", "action": "finished", "status": "ok", "runAtMs": 4, "durationMs": 1,
            ]
            rows.append(
                ("INSERT INTO cronRun(jobId, ts, record) VALUES (?, ?, ?)", ["j\(index)", number(), record(run)]))
        }
        let keys = ["agent:main:main", "agent:main:other", one(of: ["", "x", "agent::", "global"])]
        for (index, key) in keys.enumerated() {
            let entry: JSON = ["label": "l", "totalTokens": 5, "updatedAt": 7, "cliSessionIds": ["a": "b"]]
            rows.append(
                (
                    "INSERT INTO session(key, agentId, sessionId, updatedAt, entry) VALUES (?, 'main', ?, ?, ?)",
                    [key, "s\(index)", number(), record(entry)]
                ))
            rows.append(
                (
                    """
                    INSERT INTO transcript(id, name, sessionId, key, header, createdAt, lastSequence)
                    VALUES (?, ?, ?, ?, '', ?, 1)
                    """, [index + 1, "s\(index).jsonl", "s\(index)", key, number()]
                ))
            let message: JSON = ["message": ["role": "user", "content": "hello", "timestamp": 5]]
            let line = below(4) == 0 ? record(message) : message.text()
            rows.append(
                (
                    """
                    INSERT INTO message(transcript, sequence, messageId, timestamp, role, text, line)
                    VALUES (?, 1, 'm', ?, 'user', 'hello', ?)
                    """, [index + 1, number(), line]
                ))
            let (space, status) = (
                one(of: ["chat", "agent", "nowhere"]), one(of: ["accepted", "running", "ok", "error"])
            )
            let end: Int64? = below(2) == 0 ? nil : number()
            let result: String? = below(2) == 0 ? nil : record(["payloads": []])
            rows.append(
                (
                    """
                    INSERT INTO run(space, idempotencyKey, runId, sessionKey, status, acceptedAt, startedAt, endedAt, result)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """, [space, "k\(index)", "r\(index)", key, status, number(), number(), end, result]
                ))
        }
        return rows
    }
}
