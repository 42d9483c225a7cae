import Foundation
import JSON
import Policy
import Testing

@testable import Gateway
@testable import Storage
@testable import Time

private let hourly: JSON = [
    "name": "tea", "schedule": ["kind": "cron", "expr": "0 * * * *", "tz": "UTC"], "sessionTarget": "main",
    "wakeMode": "next-heartbeat", "payload": ["kind": "systemEvent", "text": "tea time"],
]

/// The job `hourly` with other members.
private func hourly(_ change: JSON) -> JSON {
    var object = hourly.object ?? JSONObject()
    for member in change.object?.members ?? [] { object[member.name] = member.value }
    return .object(object)
}

@Test(arguments: Carrier.allCases)
func `a job is made, changed, done and forgotten, and others hear of it`(carrier: Carrier) async throws {
    let now: Int64 = 1_767_225_600_000
    try await TestInstance().open(carrier, clock: WallClock { now }) { door in
        let owner = try await door.connected()
        let watcher = try await door.connected(scopes: ["operator.read"])
        let job = try await owner.call("cron.add", hourly)?["payload"]
        let id = try #require(job?["id"])
        #expect(job?["enabled"] == true)
        #expect(job?["state"] == ["nextRunAtMs": .integer(now + 3_600_000)])
        try await #expect(
            watcher.event("cron") == ["jobId": id, "action": "added", "nextRunAtMs": .integer(now + 3_600_000)])

        let status = try await watcher.call("cron.status")?["payload"]
        #expect(status?["enabled"] == true)
        #expect(status?["storePath"]?.string == door.gateway.database.path.text)
        #expect(status?["jobs"] == 1)
        #expect(status?["nextWakeAtMs"]?.integer == now + 3_600_000)

        try await #expect(
            owner.call("cron.run", ["id": id, "mode": "due"])?["payload"]
                == ["ok": true, "ran": false, "reason": "not-due"])
        try await #expect(
            owner.call("cron.run", ["id": id, "mode": "force"])?["payload"] == ["ok": true, "ran": true])
        try await #expect(watcher.event("cron")?["action"] == "started")
        let finished = try await watcher.event("cron")
        #expect(finished?["action"] == "finished")
        #expect(finished?["status"] == "ok")
        let entries = try await watcher.call("cron.runs", ["jobId": id])?["payload"]?["entries"]?.array
        #expect(entries?.count == 1)
        #expect(entries?.first?["summary"] == "tea time")
        try await #expect(owner.call("status")?["payload"]?["queuedSystemEvents"] == ["tea time"])

        let changed = try await owner.call(
            "cron.update",
            [
                "jobId": id,
                "patch": [
                    "enabled": false, "name": "none", "payload": ["kind": "systemEvent"], "wakeMode": "now",
                ],
            ])
        #expect(changed?["payload"]?["name"] == "none")
        #expect(changed?["payload"]?["payload"]?["text"] == "tea time")
        #expect(changed?["payload"]?["wakeMode"] == "now")
        #expect(changed?["payload"]?["state"]?["nextRunAtMs"] == nil)
        try await #expect(watcher.call("cron.list")?["payload"] == ["jobs": []])
        let all = try await watcher.call("cron.list", ["includeDisabled": true])?["payload"]?["jobs"]?.array
        #expect(all == [try #require(changed?["payload"])])

        try await #expect(owner.call("cron.remove", ["id": id])?["payload"] == ["ok": true, "removed": true])
        try await #expect(owner.call("cron.remove", ["id": id])?["payload"] == ["ok": true, "removed": false])
        try await #expect(watcher.call("cron.status")?["payload"]?["nextWakeAtMs"] == .null)
    }
}

@Test(
    arguments: [
        ("cron.run", [:], "invalid cron.run params: missing id"),
        ("cron.run", ["id": "x"], "unknown cron job id: x"),
        ("cron.update", ["id": "x", "patch": [:]], "unknown cron job id: x"),
        (
            "cron.update", ["id": "x", "patch": ["state": [:]]],
            "invalid cron.update params: at /patch: unexpected property 'state'"
        ),
        ("cron.add", hourly(["agentId": "nobody"]), #"unknown agent id "nobody"; there are "main""#),
        (
            "cron.add", hourly(["sessionTarget": "isolated"]),
            #"isolated cron jobs require payload.kind="agentTurn""#
        ),
        (
            "cron.add", hourly(["payload": ["kind": "agentTurn", "message": "m"]]),
            #"main cron jobs require payload.kind="systemEvent""#
        ),
        (
            "cron.add",
            hourly([
                "sessionTarget": "isolated",
                "payload": ["kind": "agentTurn", "message": "m", "deliver": true, "channel": "telegram"],
            ]),
            "payload.channel: this version connects to irc, and not to \"telegram\"; name one it connects to, or set "
                + "payload.bestEffortDeliver"
        ),
        (
            "cron.add",
            hourly([
                "sessionTarget": "isolated",
                "payload": ["kind": "agentTurn", "message": "m", "deliver": true, "channel": "irc"],
            ]), "payload.to: needed where payload.channel names a service"
        ),
        (
            "cron.add",
            hourly([
                "sessionTarget": "isolated", "payload": ["kind": "agentTurn", "message": "m", "thinking": "deep"],
            ]), "payload.thinking: invalid thinking (use off|minimal|low|medium|high|xhigh)"
        ),
        (
            "cron.add", hourly(["schedule": ["kind": "cron", "expr": "0 24 * * *"]]),
            #"schedule.expr: "24" is no hour; expected 0 to 23"#
        ),
        (
            "cron.add", hourly(["schedule": ["kind": "cron", "expr": "0 0 30 2 *"]]),
            #"schedule.expr: "0 0 30 2 *" is never due"#
        ),
    ] as [(String, JSON, String)])
func `what can be no job, and a job nobody has, is refused, and nothing is kept`(
    method: String, params: JSON, message: String
) async throws {
    try await TestInstance().open(.direct) { door in
        let client = try await door.connected()
        let answer = try await client.call(method, params)
        #expect(answer?["error"]?["code"] == "INVALID_REQUEST")
        #expect(answer?["error"]?["message"]?.string == message)
        try await #expect(client.call("cron.status")?["payload"]?["jobs"] == 0)
    }
}

@Test func `jobs are seen by readers, and made, changed and done by admins`() async throws {
    try await TestInstance().open(.direct) { door in
        let reader = try await door.connected(scopes: ["operator.read"])
        for method in ["cron.list", "cron.status"] { try await #expect(reader.call(method)?["ok"] == true) }
        try await #expect(reader.call("cron.runs", ["id": "x"])?["payload"] == ["entries": []])
        let writer = try await door.connected(scopes: ["operator.write"])
        for client in [reader, writer] {
            for (method, params) in [
                ("cron.add", hourly), ("cron.update", ["id": "x", "patch": [:]]), ("cron.remove", ["id": "x"]),
                ("cron.run", ["id": "x"]),
            ] as [(String, JSON)] {
                try await #expect(
                    client.call(method, params)?["error"]?["message"] == "missing scope: operator.admin", "\(method)")
            }
        }
        // Who may not read does not hear what jobs say.
        let pairer = try await door.connected(scopes: ["operator.pairing"])
        let admin = try await door.connected()
        _ = try await admin.call("cron.add", hourly)
        try await #expect(reader.event("cron")?["action"] == "added")
        door.gateway.tick()
        while let frame = try await pairer.frame(), frame["event"] != "tick" { #expect(frame["event"] != "cron") }
    }
}

@Test func `wake has the main session's agent act at once, or at its next turn`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo \"heard: $1\"")) { door in
        let client = try await door.connected()
        // Events may come before the answer: whoever waits for an answer passes them over.
        let watcher = try await door.connected(scopes: ["operator.read"])
        _ = try await client.call("wake", ["mode": "next-heartbeat", "text": "later"])
        try await #expect(client.call("status")?["payload"]?["queuedSystemEvents"] == ["later"])
        _ = try await client.call("wake", ["mode": "now", "text": "now"])
        var end = try await watcher.event("chat")
        while end != nil, end?["state"] != "final" { end = try await watcher.event("chat") }
        let text = end?["message"]?["content"]?.array?.first?["text"]?.string ?? ""
        #expect(text.hasPrefix("heard: System: later\n\nSystem: now\n\n"), "\(text)")
        try await #expect(client.call("status")?["payload"]?["queuedSystemEvents"] == [])
    }
}

@Test func `a job that was answered is there after kill -9, and is done by the next gateway`() async throws {
    let (command, port) = try await BuiltCommand.withEcho()
    var ids: [JSON] = []
    for round in 1...5 {
        _ = try await command.gateway("--profile", command.profile, "gateway", signal: SIGKILL) { process in
            let client = try await WebSocketClient(port: port)
            try await client.enter(ConnectRequest())
            let known = try await client.call("cron.list", ["includeDisabled": true])?["payload"]?["jobs"]?.array
            #expect(known?.compactMap { $0["id"] }.sorted { $0.text() < $1.text() } == ids, "round \(round)")
            for number in 1...3 {
                let added = try await client.call(
                    "cron.add",
                    [
                        "name": .string("job \(round).\(number)"),
                        "schedule": ["kind": "at", "atMs": 4_000_000_000_000],
                        "sessionTarget": "isolated", "wakeMode": "next-heartbeat",
                        "payload": ["kind": "agentTurn", "message": "go"],
                    ])
                ids.append(try #require(added?["payload"]?["id"], "\(added?.text() ?? "")"))
            }
            ids.sort { $0.text() < $1.text() }
            kill(process.processIdentifier, SIGKILL)
        }
    }
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let client = try await WebSocketClient(port: port)
        try await client.enter(ConnectRequest())
        let ran = try await client.call("cron.run", ["id": ids[0], "mode": "force"])?["payload"]
        #expect(ran == ["ok": true, "ran": true])
        let runs = try await client.call("cron.runs", ["id": ids[0]])?["payload"]?["entries"]?.array
        #expect(runs?.last?["summary"]?.string?.contains("go") == true)
    }
}
