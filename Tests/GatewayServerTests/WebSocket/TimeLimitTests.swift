import JSON
import Testing

@testable import Gateway

/// Lengths of time that clients ask for: a day and no longer for a turn, ten years for a schedule.
@Suite struct TimeLimitTests {
    @Test func `a turn may take a day, and whoever asks for more is refused`() async throws {
        let instance = try TestInstance.withEndpoints()
        try await instance.open(.direct) { door in
            let client = try await door.connected()
            func answer(_ method: String, _ params: JSON) async throws -> JSON? {
                try await client.call(method, params)
            }
            for time in [.integer(86_401), .integer(.max), .integer(.min), -1, 1e300] as [JSON] {
                let turn: JSON = ["kind": "agentTurn", "message": "hi", "timeoutSeconds": time]
                for (method, params, place) in [
                    ("agent", ["message": "hi", "idempotencyKey": "a", "timeout": time], "/timeout"),
                    ("cron.add", Self.job(payload: turn), "/payload/timeoutSeconds"),
                ] as [(String, JSON, String)] {
                    let answer = try await answer(method, params)
                    #expect(answer?["error"]?["code"] == "INVALID_REQUEST")
                    #expect(answer?["error"]?["message"]?.string?.contains("at \(place): must be ") == true)
                }
            }
            let refused = try await answer(
                "chat.send",
                ["sessionKey": "main", "message": "hi", "idempotencyKey": "b", "timeoutMs": .integer(.max)])
            #expect(refused?["error"]?["message"]?.string?.contains("/timeoutMs: must be <= 86400000") == true)
            try await #expect(
                answer("agent.wait", ["runId": "x", "timeoutMs": .integer(.max)])?["error"]?["message"]?.string?
                    .contains("/timeoutMs: must be <= 86400000") == true)

            // Answered twice, under an id of its own.
            let accepted = try await client.call(
                "agent", ["message": "hi", "idempotencyKey": "c", "timeout": 86_400], id: "twice")
            #expect(accepted?["payload"]?["status"] == "accepted")
            let end = try await answer("agent.wait", ["runId": "c", "timeoutMs": 86_400_000])
            #expect(end?["payload"]?["status"] == "ok")
            let turn: JSON = ["kind": "agentTurn", "message": "hi", "timeoutSeconds": 86_400]
            let job = try await answer("cron.add", Self.job(payload: turn))?["payload"]
            let ran = try await answer("cron.run", ["id": job?["id"] ?? "", "mode": "force"])
            #expect(ran?["payload"] == ["ok": true, "ran": true])
        }
    }

    @Test func `a job taken over tells times from 1970 to 9999, or is refused, and one that is due is done`()
        async throws
    {
        let clock = TestClock(at: 1_800_000_000_000)
        try await TestInstance().open(.direct, clock: clock.clock) { door in
            let client = try await door.connected()
            for (change, fault) in [
                (["createdAtMs": .integer(.min)], "at /createdAtMs: must be >= 0"),
                (["updatedAtMs": .integer(.max)], "at /updatedAtMs: must be <= 253402300799999"),
                (["state": ["lastRunAtMs": .integer(.min)]], "at /state/lastRunAtMs: must be >= 0"),
                (
                    ["schedule": ["kind": "at", "atMs": .integer(.max)]],
                    "at /schedule/atMs: must be <= 253402300799999"
                ),
                (
                    ["schedule": ["kind": "every", "everyMs": .integer(.max)]],
                    "at /schedule/everyMs: must be <= 316224000000"
                ),
            ] as [(JSON, String)] {
                let answer = try await client.call("cron.import", ["jobs": [Self.kept(change)]])?["payload"]
                #expect(answer?["added"] == 0 && answer?["ok"] == false)
                #expect(answer?["issues"]?.array?.first?["message"]?.string?.contains(fault) == true)
            }
            let answer = try await client.call("cron.import", ["jobs": [Self.kept(["createdAtMs": 0])]])?["payload"]
            #expect(answer?["added"] == 1 && answer?["ok"] == true)
            try await #expect(client.call("cron.run", ["id": "j", "mode": "force"])?["payload"]?["ran"] == true)
        }
    }

    private static func job(payload: JSON) -> JSON {
        [
            "name": "n", "schedule": ["kind": "every", "everyMs": 3_600_000], "sessionTarget": "isolated",
            "wakeMode": "next-heartbeat", "payload": payload,
        ]
    }

    /// A job as it is exported, with other members.
    private static func kept(_ change: JSON) -> JSON {
        var object: JSONObject = [
            "id": "j", "name": "n", "createdAtMs": 5, "schedule": ["kind": "every", "everyMs": 3_600_000],
            "sessionTarget": "main", "payload": ["kind": "systemEvent", "text": "t"],
        ]
        for member in change.object?.members ?? [] { object[member.name] = member.value }
        return .object(object)
    }
}
