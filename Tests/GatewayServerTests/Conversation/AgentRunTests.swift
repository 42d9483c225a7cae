import JSON
import Testing

@testable import Gateway

/// Calls `agent` and returns both answers.
private func run(
    _ client: any ProtocolClient, _ message: String, key: String, _ more: JSON = [:]
) async throws -> (first: JSON?, last: JSON?) {
    var params: JSONObject = ["message": .string(message), "idempotencyKey": .string(key)]
    for member in more.object?.members ?? [] { params[member.name] = member.value }
    let first = try await client.call("agent", .object(params), id: key)
    guard first?["ok"] == true, first?["payload"]?["status"] == "accepted" else { return (first, nil) }
    while let frame = try await client.frame() {
        if frame["type"] == "res", frame["id"]?.string == key { return (first, frame) }
    }
    return (first, nil)
}

@Test(arguments: Carrier.allCases)
func `agent is answered twice under one id`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    try await instance.open(carrier, agents: instance.agents("echo \"heard: $1\"")) { door in
        let client = try await door.connected()
        let (first, last) = try await run(client, "hello", key: "k")
        #expect(first?["payload"]?["runId"] == "k")
        #expect(first?["payload"]?["acceptedAt"]?.integer != nil)
        let payload = last?["payload"]
        #expect(payload?["status"] == "ok")
        #expect(payload?["summary"] == "completed")
        #expect(payload?["result"]?["payloads"]?.array?.first?["text"] == "heard: hello")
        #expect(payload?["result"]?["meta"]?["agentMeta"]?["provider"] == "main")
        #expect(payload?["result"]?["meta"]?["agentMeta"]?["sessionId"]?.string != nil)
        // Sent again, it is the last answer alone, with the same content.
        let again = try await run(client, "hello", key: "k").first
        #expect(again?["payload"]?["result"]?["payloads"] == payload?["result"]?["payloads"])
        let wait = try await client.call("agent.wait", ["runId": "k"])?["payload"]
        #expect(wait?["status"] == "ok")
        #expect(wait?["endedAt"]?.integer != nil)
    }
}

@Test(arguments: ["agent", "chat.send"])
func `how much a model is to think is kept with the session, and a word that is none is refused`(
    method: String
) async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo done")) { door in
        let client = try await door.connected()
        func ask(_ thinking: String, _ key: String) async throws -> JSON? {
            try await client.call(
                method,
                [
                    "sessionKey": "main", "message": "hi", "thinking": .string(thinking),
                    "idempotencyKey": .string(key),
                ], id: key)
        }
        func level() async throws -> JSON? {
            try await client.call("chat.history", ["sessionKey": "main"])?["payload"]?["thinkingLevel"]
        }
        let refused = try await ask("deep", "a")
        #expect(refused?["error"]?["code"] == "INVALID_REQUEST")
        #expect(refused?["error"]?["message"] == "invalid thinking (use off|minimal|low|medium|high|xhigh)")
        try await #expect(ask("High", "b")?["ok"] == true)
        try await #expect(level() == "high")
        // What says nothing of it leaves it.
        try await #expect(ask("", "c")?["ok"] == true)
        try await #expect(level() == "high")
        try await #expect(ask("off", "d")?["ok"] == true)
        try await #expect(level() == nil)
    }
}

@Test func `an answer that is to go through a channel is refused, and one that needs none is given`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo done")) { door in
        let client = try await door.connected()
        for more in [["replyChannel": "telegram"], ["channel": "telegram", "to": "7"]] as [JSON] {
            var params = more.object ?? JSONObject()
            params["deliver"] = true
            let refused = try await run(client, "hi", key: "a", .object(params)).first
            #expect(refused?["error"]?["code"] == "INVALID_REQUEST")
            #expect(refused?["error"]?["message"] == "unsupported channel: telegram")
        }
        for (key, more) in [
            ("b", ["deliver": true]), ("c", ["deliver": true, "channel": "last"]),
            ("d", ["deliver": true, "replyChannel": "webchat"]), ("e", ["channel": "telegram", "to": "7"]),
        ] as [(String, JSON)] {
            try await #expect(run(client, "hi", key: key, more).last?["payload"]?["status"] == "ok", "\(key)")
        }
    }
}

@Test func `a failed and a late run are errors of their own`() async throws {
    let instance = try TestInstance()
    let agents = try instance.agents("[ $1 = slow ] && sleep 1000; exit 1")
    try await instance.open(.direct, agents: agents) { door in
        let client = try await door.connected()
        let failed = try await run(client, "fail", key: "a").last
        #expect(failed?["error"]?["code"] == "UNAVAILABLE")
        #expect(failed?["error"]?["details"]?["runId"] == "a")
        let late = try await run(client, "slow", key: "b", ["timeout": 1]).last
        #expect(late?["error"]?["code"] == "AGENT_TIMEOUT")
    }
}

@Test func `waiting for a run ends in time`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("sleep 1000")) { door in
        let client = try await door.connected()
        try client.send([
            "type": "req", "id": "a", "method": "agent", "params": ["message": "go", "idempotencyKey": "k"],
        ])
        let wait = try await client.call("agent.wait", ["runId": "k", "timeoutMs": 50])?["payload"]
        #expect(wait == ["runId": "k", "status": "timeout"])
        let unknown = try await client.call("agent.wait", ["runId": "nobody", "timeoutMs": 50])?["payload"]
        #expect(unknown == ["runId": "nobody", "status": "timeout"])
        // A run may be asked for after somebody waits for it.
        try client.send([
            "type": "req", "id": "b", "method": "agent.wait", "params": ["runId": "l", "timeoutMs": 3000],
        ])
        try client.send([
            "type": "req", "id": "c", "method": "chat.send",
            "params": ["sessionKey": "side", "message": "/new", "idempotencyKey": "l"],
        ])
        var answer = try await client.frame()
        while answer != nil, answer?["id"] != "b" { answer = try await client.frame() }
        #expect(answer?["payload"]?["status"] == "ok")
    }
}

@Test(
    arguments: [
        (["agentId": "nobody"], "invalid agent params: unknown agent id \"nobody\""),
        (
            ["agentId": "main", "sessionKey": "agent:ops:main"],
            "invalid agent params: agent \"main\" does not match session key agent \"ops\""
        ),
    ] as [(JSON, String)])
func `an agent that cannot be meant is refused`(more: JSON, message: String) async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("true", others: ["ops": "true"])) { door in
        let client = try await door.connected()
        let answer = try await run(client, "hi", key: "k", more).first
        #expect(answer?["error"]?["message"]?.string == message)
    }
}

@Test func `no more runs are under way than their lane takes`() async throws {
    let instance = try TestInstance()
    // Each run notes how many there are beside it.
    let agents = try instance.agents("touch $DIR/in-$$; ls $DIR | grep -c in-; sleep 0.1; rm $DIR/in-$$")
    try await instance.open(.direct, agents: agents) { door in
        let client = try await door.connected()
        for number in 0..<12 {
            try client.send([
                "type": "req", "id": .string("\(number)"), "method": "agent",
                "params": [
                    "message": "go", "idempotencyKey": .string("k\(number)"), "sessionKey": .string("s\(number)"),
                ],
            ])
        }
        var counts: [Int] = []
        while counts.count < 12, let frame = try await client.frame() {
            guard let result = frame["payload"]?["result"] else { continue }
            counts.append(Int(result["payloads"]?.array?.first?["text"]?.string ?? "") ?? 0)
        }
        #expect(counts.count == 12)
        #expect((1...4).contains(counts.max() ?? 0))
    }
}

@Test func `what happened meanwhile is told with the next message`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo \"$1\"")) { door in
        let client = try await door.connected()
        _ = try await client.call("system-event", ["text": "a disk is full"])
        let (_, last) = try await run(client, "news?", key: "k")
        #expect(last?["payload"]?["result"]?["payloads"]?.array?.first?["text"] == "System: a disk is full\n\nnews?")
    }
}

@Test func `bindings say whose a message from a channel is, and dmScope in which session`() async throws {
    let instance = try TestInstance(
        configuration: """
            {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}},
             "session": {"dmScope": "per-channel-peer", "identityLinks": {"ann": ["telegram:7"]}}}
            """)
    let agents = try instance.agents(
        "echo main", others: ["ops": "echo ops"], bindings: [Binding(agentID: "ops", channel: "telegram")])
    try await instance.open(.direct, agents: agents) { door in
        let client = try await door.connected()
        for (more, key, answer) in [
            (["channel": "telegram", "to": "7"], "agent:ops:telegram:dm:ann", "ops"),
            (["channel": "telegram", "to": "7", "groupId": "-1"], "agent:ops:telegram:group:-1", "ops"),
            (["channel": "irc", "to": "Bob"], "agent:main:irc:dm:bob", "main"),
            (["channel": "telegram", "agentId": "main", "to": "7"], "agent:main:telegram:dm:ann", "main"),
            (["channel": "telegram", "sessionKey": "main"], "agent:main:main", "main"),
        ] as [(JSON, String, String)] {
            let last = try await run(client, "hi", key: key, more).last
            #expect(last?["payload"]?["result"]?["payloads"]?.array?.first?["text"]?.string == answer)
            #expect(try await door.gateway.services.store.run(key)?.sessionKey?.text == key)
        }
    }
}

@Test func `a session is named once, and found by its transcript's id`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo \"$1\"")) { door in
        let client = try await door.connected()
        let named = try await run(
            client, "a", key: "1", ["sessionKey": "subagent:a", "label": "A", "spawnedBy": "main"])
        let id = named.last?["payload"]?["result"]?["meta"]?["agentMeta"]?["sessionId"]
        let entry = try await door.gateway.services.store.session(SessionKey(agent: "main", rest: "subagent:a"))
        #expect(entry?.label == "A")
        #expect(entry?.spawnedBy == "agent:main:main")
        let taken = try await run(client, "b", key: "2", ["sessionKey": "b", "label": "A"]).first
        #expect(taken?["error"]?["message"] == "label already in use: A")
        let again = try await run(client, "c", key: "3", ["sessionId": id ?? .null]).last
        #expect(again?["payload"]?["result"]?["meta"]?["agentMeta"]?["sessionId"] == id)
        // One that is not there begins with it.
        let new = try await run(client, "d", key: "4", ["sessionId": "New-1"]).last
        #expect(new?["payload"]?["result"]?["meta"]?["agentMeta"]?["sessionId"] == "New-1")
        let second = try await run(client, "e", key: "5", ["sessionId": "New-1"]).last
        #expect(second?["payload"]?["result"]?["meta"]?["agentMeta"]?["sessionId"] == "New-1")
        let unusable = try await run(client, "f", key: "6", ["sessionId": "../x"]).first
        #expect(unusable?["error"]?["message"]?.string?.contains("there is no session id \"../x\"") == true)
        #expect(door.gateway.services.runs.open.isEmpty)
    }
}
