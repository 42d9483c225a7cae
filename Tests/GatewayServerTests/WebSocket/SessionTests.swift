import JSON
import Testing

@testable import Gateway

extension ProtocolClient {
    /// Says something and waits for the answer.
    fileprivate func exchange(_ message: String, session: String = "main") async throws {
        _ = try await call(
            "chat.send",
            [
                "sessionKey": .string(session), "message": .string(message),
                "idempotencyKey": .string("\(session) \(message)"),
            ])
        while let event = try await event("chat"), event["state"] == "delta" {}
    }

    fileprivate func payload(_ method: String, _ params: JSON = [:]) async throws -> JSON? {
        let answer = try await call(method, params)
        #expect(answer?["ok"] == true, "\(answer?.text() ?? "closed")")
        return answer?["payload"]
    }

    fileprivate func fault(_ method: String, _ params: JSON = [:]) async throws -> String? {
        try await call(method, params)?["error"]?["message"]?.string
    }
}

private func keys(_ list: JSON?) -> [String] { (list?["sessions"]?.array ?? []).compactMap { $0["key"]?.string } }

@Test(arguments: Carrier.allCases)
func `sessions are listed newest first, and filtered`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    let clock = TestClock(at: 1_700_000_000_000)
    let agents = try instance.agents("echo \"$1, indeed\"", others: ["ops": "true"])
    try await instance.open(carrier, agents: agents, clock: clock.clock) { door in
        let client = try await door.connected()
        for (message, session) in [
            ("the weather\nin Vienna", "main"), ("tickets", "Work"), ("disks", "agent:ops:main"), ("all", "global"),
        ] {
            try await client.exchange(message, session: session)
            clock.advance(by: 60_000)
        }
        let list = try await client.payload("sessions.list")
        #expect(keys(list) == ["agent:ops:main", "agent:main:work", "agent:main:main"])
        #expect(list?["count"] == 3)
        #expect(list?["path"]?.string?.hasSuffix("/mazelclaw.sqlite") == true)
        #expect(list?["defaults"]?["modelProvider"] == "main")
        let row = list?["sessions"]?.array?.last
        #expect(row?["kind"] == "direct")
        #expect(row?["updatedAt"] == 1_700_000_000_000)
        #expect(row?["modelProvider"] == "main")
        #expect(row?["abortedLastRun"] == false)
        #expect(row?["derivedTitle"] == nil)
        for (params, expected) in [
            (["limit": 1], ["agent:ops:main"]), (["agentId": "ops"], ["agent:ops:main"]),
            (["activeMinutes": 2], ["agent:ops:main"]), (["search": "WORK"], ["agent:main:work"]),
            (["includeGlobal": true, "limit": 1], ["global"]), (["label": "none"], []),
        ] as [(JSON, [String])] {
            #expect(keys(try await client.payload("sessions.list", params)) == expected, "\(params.text())")
        }
        let texts = try await client.payload(
            "sessions.list", ["includeDerivedTitles": true, "includeLastMessage": true])?["sessions"]?.array?.last
        #expect(texts?["derivedTitle"] == "the weather in Vienna")
        #expect(texts?["lastMessagePreview"] == "the weather in Vienna, indeed")
        let health = try await client.payload("status")?["sessions"]
        #expect(health?["count"] == 4)
        #expect(health?["byAgent"]?.array?.last?["count"] == 1)
        #expect(try await client.payload("health", ["probe": true])?["sessions"]?["count"] == 2)
    }
}

@Test(arguments: Carrier.allCases)
func `the newest messages of several sessions are shown, each cut to length`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    try await instance.open(carrier, agents: instance.agents("echo \"$1\"")) { door in
        let client = try await door.connected()
        try await client.exchange("one")
        try await client.exchange(String(repeating: "x", count: 30))
        _ = try await client.payload("sessions.reset", ["key": "empty"])
        let previews = try await client.payload(
            "sessions.preview", ["keys": ["main", "empty", "nowhere"], "limit": 3, "maxChars": 20])?["previews"]
        let cut = String(repeating: "x", count: 17) + "..."
        #expect(
            previews == [
                [
                    "key": "main", "status": "ok",
                    "items": [
                        ["role": "assistant", "text": "one"], ["role": "user", "text": .string(cut)],
                        ["role": "assistant", "text": .string(cut)],
                    ],
                ], ["key": "empty", "status": "empty", "items": []],
                ["key": "nowhere", "status": "missing", "items": []],
            ])
    }
}

@Test func `a session is found by key, transcript or label, and by one of them only`() async throws {
    try await TestInstance().open(.direct) { door in
        let client = try await door.connected()
        try await client.exchange("/help", session: "a")
        let id = try await client.payload("sessions.patch", ["key": "a", "label": "First"])?["entry"]?["sessionId"]
        for params in [["key": "a"], ["sessionId": id ?? .null], ["label": "First"]] as [JSON] {
            #expect(try await client.payload("sessions.resolve", params) == ["ok": true, "key": "agent:main:a"])
        }
        for (params, fault) in [
            ([:], "Either key, sessionId, or label is required"),
            (["key": "a", "label": "First"], "Provide either key, sessionId, or label (not multiple)"),
            (["key": "b"], "No session found: b"), (["label": "Second"], "No session found with label: Second"),
            (["label": "First", "agentId": "ops"], "No session found with label: First"),
        ] as [(JSON, String)] {
            #expect(try await client.fault("sessions.resolve", params) == fault)
        }
    }
}

@Test(arguments: Carrier.allCases)
func `a session's settings are changed and taken away`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    try await instance.open(carrier, agents: instance.agents("true", others: ["other": "true"])) { door in
        let client = try await door.connected()
        let set = try await client.payload(
            "sessions.patch",
            [
                "key": "new", "label": " Mine ", "thinkingLevel": "HIGH", "verboseLevel": "off", "sendPolicy": "allow",
                "model": "other/big", "execNode": "desk",
            ])
        #expect(set?["key"] == "agent:main:new")
        let entry = set?["entry"]
        #expect(entry?["label"] == "Mine")
        #expect(entry?["thinkingLevel"] == "high")
        #expect(entry?["verboseLevel"] == "off")
        #expect(entry?["providerOverride"] == "other")
        #expect(entry?["modelOverride"] == "big")
        let cleared = try await client.payload(
            "sessions.patch", ["key": "new", "label": .null, "thinkingLevel": "off", "model": .null, "execNode": .null])?[
                "entry"]
        #expect(cleared?.object?.members.map(\.name) == ["sessionId", "updatedAt", "verboseLevel", "sendPolicy"])
        #expect(cleared?["sessionId"] == entry?["sessionId"])
        // The agent's own model needs no override.
        let own = try await client.payload("sessions.patch", ["key": "new", "model": "main"])?["entry"]
        #expect(own?["modelOverride"] == nil)
    }
}

@Test func `a session's settings that are none are refused in the words clients know`() async throws {
    try await TestInstance().open(.direct) { door in
        let client = try await door.connected()
        _ = try await client.payload("sessions.patch", ["key": "a", "label": "taken"])
        for (params, fault) in [
            (["label": "taken"], "label already in use: taken"), (["label": " "], "invalid label: empty"),
            (["thinkingLevel": "deep"], "invalid thinkingLevel (use off|minimal|low|medium|high|xhigh)"),
            (["verboseLevel": "loud"], #"invalid verboseLevel (use "on"|"off")"#),
            (["execHost": "moon"], #"invalid execHost (use "sandbox"|"gateway"|"node")"#),
            (["execNode": " "], "invalid execNode: empty"), (["model": "nobody/x"], "model not allowed: nobody/x"),
            (["spawnedBy": "main"], "spawnedBy is only supported for subagent:* sessions"),
        ] as [(JSON, String)] {
            var object = params.object ?? JSONObject()
            object["key"] = "b"
            #expect(try await client.fault("sessions.patch", .object(object)) == fault)
        }
        #expect(keys(try await client.payload("sessions.list")) == ["agent:main:a"])
        _ = try await client.payload("sessions.patch", ["key": "subagent:x", "spawnedBy": "main"])
        let again = try await client.fault("sessions.patch", ["key": "subagent:x", "spawnedBy": .null])
        #expect(again == "spawnedBy cannot be changed once set")
    }
}

@Test(arguments: Carrier.allCases)
func `a session that may not be written to takes no message`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        _ = try await client.payload("sessions.patch", ["key": "a", "sendPolicy": "deny"])
        let params: JSON = ["sessionKey": "a", "message": "hi", "idempotencyKey": "k"]
        #expect(try await client.fault("chat.send", params) == "send blocked by session policy")
        _ = try await client.payload("sessions.patch", ["key": "a", "sendPolicy": .null])
        #expect(try await client.payload("chat.send", params)?["status"] == "started")
    }
}

@Test func `what the configuration says of a session counts, unless its owner says otherwise, and not for jobs`()
    async throws
{
    let instance = try TestInstance(
        configuration: """
            {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}},
             "session": {"sendPolicy": {"rules": [{"action": "deny", "match": {"keyPrefix": "cron:"}}]}}}
            """)
    try await instance.open(.direct, agents: instance.agents("echo done")) { door in
        let client = try await door.connected()
        func params(_ session: String, _ key: String) -> JSON {
            ["sessionKey": .string(session), "message": "hi", "idempotencyKey": .string(key)]
        }
        #expect(try await client.fault("chat.send", params("cron:x", "a")) == "send blocked by session policy")
        #expect(try await client.fault("agent", params("cron:x", "b")) == "send blocked by session policy")
        // Nothing was kept of it.
        #expect(keys(try await client.payload("sessions.list")) == [])
        #expect(try await client.payload("chat.send", params("main", "c"))?["status"] == "started")
        _ = try await client.payload("sessions.patch", ["key": "cron:x", "sendPolicy": "allow"])
        #expect(try await client.payload("chat.send", params("cron:x", "d"))?["status"] == "started")
        let job = try await client.payload(
            "cron.add",
            [
                "name": "n", "schedule": ["kind": "every", "everyMs": 3_600_000], "sessionTarget": "isolated",
                "wakeMode": "next-heartbeat", "payload": ["kind": "agentTurn", "message": "m"],
            ])
        let run = try await client.payload("cron.run", ["id": job?["id"] ?? .null, "mode": "force"])
        #expect(run == ["ok": true, "ran": true])
    }
}

@Test(arguments: Carrier.allCases)
func `a session begins anew with its settings, and its old transcript is still searched`(carrier: Carrier) async throws
{
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        try await client.exchange("remember the milk", session: "a")
        let before = try await client.payload("sessions.patch", ["key": "a", "label": "kept"])?["entry"]
        let after = try await client.payload("sessions.reset", ["key": "a"])
        #expect(after?["key"] == "agent:main:a")
        #expect(after?["entry"]?["label"] == "kept")
        #expect(after?["entry"]?["sessionId"] != before?["sessionId"])
        #expect(try await client.payload("chat.history", ["sessionKey": "a"])?["messages"] == [])
        let hits = try await client.payload("sessions.search", ["query": "MILK remem*", "role": "user"])
        #expect(hits?["count"] == 1)
        #expect(hits?["hits"]?.array?.first?["snippet"] == "[remember] the [milk]")
        #expect(hits?["hits"]?.array?.first?["sessionId"] == before?["sessionId"])
        let elsewhere = try await client.payload("sessions.search", ["query": "milk", "agentId": "ops"])
        #expect(elsewhere?["hits"] == [])
    }
}

@Test(arguments: Carrier.allCases)
func `a deleted session is gone, its run ended and its transcript put away`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    try await instance.open(carrier, agents: instance.agents("echo begun; sleep 1000")) { door in
        let client = try await door.connected()
        _ = try await client.payload("chat.send", ["sessionKey": "a", "message": "go", "idempotencyKey": "k"])
        while let event = try await client.event("chat"), event["message"] == nil {}
        let deleted = try await client.payload("sessions.delete", ["key": "a"])
        #expect(deleted?["deleted"] == true)
        #expect(deleted?["archived"]?.array?.first?.string?.contains(".jsonl.deleted.") == true)
        #expect(keys(try await client.payload("sessions.list")) == [])
        #expect(try await client.payload("sessions.search", ["query": "begun"])?["count"] == 0)
        #expect(try await client.payload("agent.wait", ["runId": "k"])?["error"] == "aborted")
        let again = try await client.payload("sessions.delete", ["key": "a"])
        #expect(again == ["ok": true, "key": "agent:main:a", "deleted": false, "archived": []])
        let main = try await client.fault("sessions.delete", ["key": "main"])
        #expect(main == "Cannot delete the main session (agent:main:main).")
    }
}

@Test func `a transcript is shortened to its newest lines`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo $1")) { door in
        let client = try await door.connected()
        let none = try await client.payload("sessions.compact", ["key": "main"])
        #expect(none == ["ok": true, "key": "agent:main:main", "compacted": false, "reason": "no sessionId"])
        for number in 0..<3 { try await client.exchange("\(number)") }
        let short = try await client.payload("sessions.compact", ["key": "main"])
        #expect(short == ["ok": true, "key": "agent:main:main", "compacted": false, "kept": 6])
        let done = try await client.payload("sessions.compact", ["key": "main", "maxLines": 2])
        #expect(done?["compacted"] == true)
        #expect(done?["kept"] == 2)
        #expect(done?["archived"]?.string?.contains(".jsonl.bak.") == true)
        #expect(try await client.payload("chat.history", ["sessionKey": "main"])?["messages"]?.array?.count == 2)
    }
}

@Test func `who may only read changes no session`() async throws {
    try await TestInstance().open(.direct) { door in
        let client = try await door.connected(scopes: ["operator.read"])
        _ = try await client.payload("sessions.list")
        _ = try await client.payload("sessions.search", ["query": "x"])
        for method in ["sessions.patch", "sessions.reset", "sessions.delete", "sessions.compact"] {
            #expect(try await client.fault(method, ["key": "a"]) == "missing scope: operator.admin")
        }
    }
}
