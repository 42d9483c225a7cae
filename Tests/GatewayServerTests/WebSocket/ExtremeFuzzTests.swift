import Fuzzing
import JSON
import Testing

@testable import Gateway

/// Requests that are right but for one value, which is beyond what anybody means.
@Suite struct ExtremeFuzzTests {
    @Test func `whatever number a request holds and whatever the clock shows, it is answered`() async throws {
        let instance = try TestInstance.withEndpoints()
        let clock = TestClock(at: 1_800_000_000_000)
        try await instance.open(.direct, clock: clock.clock) { door in
            let client = try await door.connected()
            for seed in FuzzRun("extremes") {
                var random = SplitMix(seed: seed)
                clock.set(to: random.below(3) > 0 ? 1_800_000_000_000 : random.one(of: SplitMix.extremeNumbers))
                for step in 0...random.below(4) {
                    let (method, params) = random.one(of: Self.requests)
                    let asked = random.below(4) == 0 ? params : random.withExtreme(params)
                    let answer = try await client.call(
                        method, .object(unique(asked, seed, step)), id: "\(seed).\(step)")
                    #expect(answer?["id"] == .string("\(seed).\(step)"), "seed \(seed): \(method) \(asked.text())")
                    clock.set(to: random.one(of: SplitMix.extremeNumbers + [1_800_000_000_000]))
                }
                if random.below(4) == 0 { try await handshake(door, random.one(of: SplitMix.extremeNumbers)) }
                try await use(client, "seed \(seed)")
            }
        }
    }

    /// `params` under a key of its own, so that it is not taken for an earlier request.
    private func unique(_ params: JSON, _ seed: UInt64, _ step: Int) -> JSONObject {
        var object = params.object ?? ["x": params]
        if object["idempotencyKey"]?.string != nil { object["idempotencyKey"] = .string("\(seed).\(step)") }
        // What may be waited for is waited for.
        if object["runId"] != nil, let time = object["timeoutMs"]?.number, (1...86_400_000).contains(time) {
            object["timeoutMs"] = 1
        }
        return object
    }

    /// A device that says when it signed.
    private func handshake(_ door: Door, _ signedAt: Int64) async throws {
        let device = try TestDevice()
        let client = try await door.client()
        let nonce = try await client.nonce()
        var request = ConnectRequest(clientID: device.clientID, mode: device.clientMode, role: "operator", scopes: [])
        request.device = try device.proof(
            nonce: nonce, signedAt: signedAt, token: request.token, scopes: [], role: "operator")
        try client.send(request.json)
        #expect(try await client.frame()?["type"] == "res")
        client.leave()
    }

    /// Has everything used that the requests left behind, and clears the schedule.
    private func use(_ client: any ProtocolClient, _ comment: Comment) async throws {
        let jobs = try await client.call("cron.list", ["includeDisabled": true])?["payload"]?["jobs"]?.array
        for job in try #require(jobs, comment) {
            let id = job["id"] ?? ""
            #expect(try await client.call("cron.run", ["id": id, "mode": "force"]) != nil, comment)
            #expect(try await client.call("cron.runs", ["id": id])?["ok"] == true, comment)
            #expect(try await client.call("cron.remove", ["id": id])?["ok"] == true, comment)
        }
        for method in ["health", "status", "cron.status", "sessions.list", "system-presence", "last-heartbeat"] {
            #expect(try await client.call(method)?["ok"] == true, "\(comment): \(method)")
        }
    }

    private static let turn: JSON = [
        "kind": "agentTurn", "message": "hi", "timeoutSeconds": 60, "thinking": "low", "bestEffortDeliver": true,
    ]
    private static let event: JSON = ["kind": "systemEvent", "text": "tea"]
    private static let schedules: [JSON] = [
        ["kind": "at", "atMs": 1_800_000_000_001], ["kind": "every", "everyMs": 60_000, "anchorMs": 7],
        ["kind": "cron", "expr": "*/5 9-17 1,15 * mon-fri", "tz": "Europe/Berlin"],
    ]

    /// A job as it is exported.
    static let job: JSON = [
        "id": "j", "name": "tea", "enabled": true, "createdAtMs": 5, "updatedAtMs": 6,
        "schedule": ["kind": "every", "everyMs": 60_000, "anchorMs": 7], "sessionTarget": "isolated", "wakeMode": "now",
        "payload": turn, "isolation": ["postToMainMode": "full", "postToMainMaxChars": 20],
        "state": ["nextRunAtMs": 7, "runningAtMs": 8, "lastRunAtMs": 9, "lastStatus": "ok", "lastDurationMs": 10],
    ]

    private static let requests = schedules.flatMap(scheduling) + others

    /// Requests that say when something is to be done.
    private static func scheduling(_ schedule: JSON) -> [(String, JSON)] {
        let isolated: JSON = [
            "name": "n", "schedule": schedule, "sessionTarget": "isolated", "wakeMode": "next-heartbeat",
            "payload": turn, "isolation": ["postToMainMode": "full", "postToMainMaxChars": 20],
        ]
        let main: JSON = [
            "name": "n", "schedule": schedule, "sessionTarget": "main", "wakeMode": "now", "payload": event,
            "deleteAfterRun": true,
        ]
        return [
            ("cron.add", isolated), ("cron.add", main), ("cron.import", ["jobs": [job]]),
            ("cron.update", ["id": "j", "patch": ["schedule": schedule, "payload": turn]]),
        ]
    }

    private static let others: [(String, JSON)] = [
        ("agent", ["message": "hi", "idempotencyKey": "k", "timeout": 60]),
        ("agent.wait", ["runId": "k", "timeoutMs": 0]),
        ("chat.send", ["sessionKey": "main", "message": "hi", "idempotencyKey": "k", "timeoutMs": 1000]),
        ("chat.history", ["sessionKey": "main", "limit": 10]),
        ("sessions.list", ["limit": 10, "activeMinutes": 60, "includeLastMessage": true]),
        ("sessions.preview", ["keys": ["main"], "limit": 5, "maxChars": 40]),
        ("sessions.search", ["query": "hi", "limit": 5]),
        ("sessions.compact", ["key": "main", "maxLines": 5]), ("sessions.reset", ["key": "main"]),
        ("sessions.patch", ["key": "main", "label": "l"]),
        ("logs.tail", ["cursor": 5, "limit": 10, "maxBytes": 1000]),
        ("node.invoke", ["nodeId": "n", "command": "c", "timeoutMs": 10, "idempotencyKey": "k"]),
        ("system-event", ["text": "t", "deviceId": "d", "lastInputSeconds": 5]),
        ("config.patch", ["raw": "{}", "restartDelayMs": 10]), ("cron.runs", ["id": "j", "limit": 5]),
        ("wake", ["mode": "next-heartbeat", "text": "t"]),
    ]
}
