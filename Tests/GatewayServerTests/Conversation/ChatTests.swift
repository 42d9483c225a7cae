import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import Storage
@testable import Text
@testable import Time

extension ProtocolClient {
    /// Says something in the session `key`.
    fileprivate func say(_ message: String, run: String, session: String = "main") async throws -> JSON? {
        try await call(
            "chat.send",
            ["sessionKey": .string(session), "message": .string(message), "idempotencyKey": .string(run)], id: run)
    }

    /// The last event `chat` of the run, and the texts of those before.
    fileprivate func end(of run: String) async throws -> (event: JSON?, deltas: [String]) {
        var deltas: [String] = []
        while let event = try await event("chat") {
            guard event["runId"]?.string == run else { continue }
            guard event["state"] == "delta" else { return (event, deltas) }
            deltas.append(text(event))
        }
        return (nil, deltas)
    }

    /// The messages of a session, as `role: text`.
    fileprivate func history(_ session: String = "main") async throws -> [String] {
        let payload = try await call("chat.history", ["sessionKey": .string(session)])?["payload"]
        return (payload?["messages"]?.array ?? []).map { "\($0["role"]?.string ?? ""): \(parts($0))" }
    }
}

private func text(_ event: JSON?) -> String { parts(event?["message"] ?? .null) }

private func parts(_ message: JSON) -> String {
    (message["content"]?.array ?? []).compactMap { $0["text"]?.string }.joined()
}

@Test(arguments: Carrier.allCases)
func `without a model the operator answers, and says that it is none`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        let started = try await client.say("how are you?", run: "r1")
        #expect(started?["payload"] == ["runId": "r1", "status": "started"])
        let (event, _) = try await client.end(of: "r1")
        #expect(event?["state"] == "final")
        #expect(event?["sessionKey"] == "main")
        #expect(text(event).contains("No model is configured"))
        _ = try await client.say("/status", run: "r2")
        #expect(text(try await client.end(of: "r2").event).contains("Profile"))
        let history = try await client.history()
        #expect(history.count == 4)
        #expect(history.first == "user: how are you?")
        #expect(history.dropFirst(2).first == "user: /status")
    }
}

@Test(arguments: Carrier.allCases)
func `an answer is told as it grows, in both kinds of event`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    let agents = try instance.agents("echo \"one $1\"; while [ ! -e $DIR/go ]; do sleep 0.01; done; echo two")
    try await instance.open(carrier, agents: agents) { door in
        let client = try await door.connected()
        // Events may come before the answer: whoever waits for an answer passes them over.
        let watcher = try await door.connected()
        _ = try await client.say("hello", run: "r")
        #expect(try await watcher.event("agent")?["data"]?["phase"] == "start")
        let part = try await watcher.event("agent")
        #expect(part?["stream"] == "assistant")
        #expect(part?["data"]?["text"] == "one hello")
        #expect(part?["seq"] == 2)
        let delta = try await watcher.event("chat")
        #expect(delta?["state"] == "delta")
        #expect(text(delta) == "one hello")
        try instance.touch("go")
        var last: JSON?
        while let event = try await watcher.event("agent") {
            last = event
            if event["stream"] == "lifecycle" { break }
        }
        #expect(last?["data"]?["phase"] == "end")
        #expect(last?["sessionKey"] == "agent:main:main")
        let end = try await watcher.event("chat")
        #expect(end?["state"] == "final")
        #expect(text(end) == "one hello\ntwo")
    }
}

@Test(arguments: Carrier.allCases)
func `messages of one session are answered in order, and those of two beside each other`(
    carrier: Carrier
) async throws {
    let instance = try TestInstance()
    // The first message waits until one of another session has begun.
    let agents = try instance.agents(
        "case $1 in first) while [ ! -e $DIR/other ]; do sleep 0.01; done;; other) touch $DIR/other;; esac; echo $1")
    try await instance.open(carrier, agents: agents) { door in
        let client = try await door.connected()
        for (message, session) in [("first", "main"), ("second", "main"), ("other", "side")] {
            try client.send([
                "type": "req", "id": .string(message), "method": "chat.send",
                "params": [
                    "sessionKey": .string(session), "message": .string(message), "idempotencyKey": .string(message),
                ],
            ])
        }
        var order: [String] = []
        while order.count < 3, let event = try await client.event("chat") {
            if event["state"] == "final" { order.append(event["runId"]?.string ?? "") }
        }
        // That the first ended at all says that the other was answered beside it.
        #expect(order.filter { $0 != "other" } == ["first", "second"])
        #expect(order.contains("other"))
        let history = try await client.history()
        #expect(history.filter { $0.hasPrefix("user") } == ["user: first", "user: second"])
        #expect(history.filter { $0.hasPrefix("assistant") } == ["assistant: first", "assistant: second"])
    }
}

@Test(arguments: Carrier.allCases)
func `a message sent again is answered once`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    let agents = try instance.agents("while [ ! -e $DIR/go ]; do sleep 0.01; done; echo $1")
    try await instance.open(carrier, agents: agents) { door in
        let client = try await door.connected()
        #expect(try await client.say("hi", run: "r")?["payload"]?["status"] == "started")
        #expect(try await client.say("hi", run: "r")?["payload"] == ["runId": "r", "status": "in_flight"])
        try instance.touch("go")
        _ = try await client.end(of: "r")
        #expect(try await client.say("hi", run: "r")?["payload"] == ["runId": "r", "status": "ok"])
        #expect(try await client.history() == ["user: hi", "assistant: hi"])
    }
    // Also by the next process.
    try await instance.open(carrier, agents: agents) { door in
        let client = try await door.connected()
        #expect(try await client.say("hi", run: "r")?["payload"] == ["runId": "r", "status": "ok"])
        #expect(try await client.history() == ["user: hi", "assistant: hi"])
    }
}

@Test(arguments: Carrier.allCases, ["stop", " STOP ", "/stop", "chat.abort"])
func `what is under way can be ended, and what was said stays`(carrier: Carrier, word: String) async throws {
    let instance = try TestInstance()
    let agents = try instance.agents("echo $$ > $DIR/pid; echo begun; sleep 1000")
    try await instance.open(carrier, agents: agents) { door in
        let client = try await door.connected()
        _ = try await client.say("go", run: "r")
        while let event = try await client.event("chat"), text(event) != "begun" {}
        let answer =
            word == "chat.abort"
            ? try await client.call("chat.abort", ["sessionKey": "main", "runId": "r"])
            : try await client.say(word, run: "s")
        #expect(answer?["payload"] == ["ok": true, "aborted": true, "runIds": ["r"]])
        let pid = try String(contentsOfFile: (instance.directory / "pid").text, encoding: .utf8).trimmed
        #expect(try await instance.disappears("/proc/\(pid)"))
        let wait = try await client.call("agent.wait", ["runId": "r"])?["payload"]
        #expect(wait?["status"] == "error")
        #expect(wait?["error"] == "aborted")
        #expect(try await client.history() == ["user: go", "assistant: begun"])
        let again = try await client.call("chat.abort", ["sessionKey": "main"])
        #expect(again?["payload"] == ["ok": true, "aborted": false, "runIds": []])
    }
}

@Test func `an abort is heard as an event, with what was said`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo begun; sleep 1000")) { door in
        let (talker, listener) = (try await door.connected(), try await door.connected(scopes: ["operator.read"]))
        _ = try await talker.say("go", run: "r")
        while let event = try await listener.event("chat"), text(event) != "begun" {}
        _ = try await talker.call("chat.abort", ["sessionKey": "main"])
        let (event, _) = try await listener.end(of: "r")
        #expect(event?["state"] == "aborted")
        #expect(event?["stopReason"] == "rpc")
        #expect(text(event) == "begun")
    }
}

@Test func `a run of another session is not ended by its id`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("sleep 1000")) { door in
        let client = try await door.connected()
        _ = try await client.say("go", run: "r")
        let answer = try await client.call("chat.abort", ["sessionKey": "other", "runId": "r"])
        #expect(answer?["error"]?["message"] == "runId does not match sessionKey")
    }
}

@Test(arguments: Carrier.allCases)
func `a program that fails is an error event, and an error when asked again`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    try await instance.open(carrier, agents: instance.agents("echo no luck >&2; exit 3")) { door in
        let client = try await door.connected()
        _ = try await client.say("go", run: "r")
        let (event, _) = try await client.end(of: "r")
        #expect(event?["state"] == "error")
        let reason = "the CLI backend \"main\" failed: exited with code 3: no luck"
        #expect(event?["errorMessage"]?.string == reason)
        let again = try await client.say("go", run: "r")
        #expect(again?["error"]?["message"]?.string == reason)
        #expect(again?["error"]?["details"]?["status"] == "error")
        #expect(try await client.history() == ["user: go"])
    }
}

@Test func `a shutdown ends what is under way, tells it, and the next start knows`() async throws {
    let instance = try TestInstance()
    let agents = try instance.agents("echo begun; sleep 1000")
    let gateway = try instance.gateway(agents: agents)
    let client = DirectClient(
        gateway: gateway, origin: RequestOrigin(peerAddress: "127.0.0.1", host: "127.0.0.1:\(instance.port)"))
    try await client.enter(ConnectRequest())
    _ = try await client.say("go", run: "r")
    while let event = try await client.event("chat"), text(event) != "begun" {}
    gateway.shutDown()
    let (event, _) = try await client.end(of: "r")
    #expect(event?["state"] == "aborted")
    #expect(event?["stopReason"] == "shutdown")
    await gateway.drain()
    try await instance.open(.direct, agents: agents) { door in
        let client = try await door.connected()
        #expect(try await client.say("go", run: "r")?["payload"] == ["runId": "r", "status": "aborted"])
        #expect(try await client.history() == ["user: go", "assistant: begun"])
    }
}

@Test func `a run that a crash cut off is marked by the next start`() async throws {
    let instance = try TestInstance()
    // What a killed process leaves: a run that nobody ended.
    let database = try InstanceDatabase(stateDirectory: instance.configuration.instance.stateDirectory.value)
    let store = ConversationStore(database: database, settings: Current(SessionSettings()))
    let key = try #require(SessionKey(stored: "agent:main:main"))
    let request = RunRequest(
        space: .chat, key: "r", sessionKey: key, clientSessionKey: "main", agentID: "main", message: "hi")
    let run = try RunTable(clock: .system).claim(request).run
    guard case .kept = try await store.accept(run) else { return #expect(Bool(false), "the run is not new") }
    try database.close()
    try await instance.open(.direct) { door in
        let client = try await door.connected()
        let again = try await client.say("hi", run: "r")
        #expect(again?["error"]?["message"] == "the gateway ended before the run did")
        let wait = try await client.call("agent.wait", ["runId": "r"])?["payload"]
        #expect(wait?["status"] == "error")
        let entry = try await door.gateway.services.store.session(key)
        #expect(entry?.abortedLastRun == true)
    }
}

@Test func `what cannot be kept is not acknowledged`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct) { door in
        let client = try await door.connected()
        try door.gateway.database.close()
        let answer = try await client.say("hi", run: "r")
        #expect(answer?["ok"] == false)
        #expect(answer?["error"]?["message"]?.string?.hasPrefix("the message could not be kept: ") == true)
        #expect(door.gateway.services.runs.open.isEmpty)
    }
}

@Test(arguments: [
    ("/new", ["A new conversation begins."]), ("/reset hello", ["hello", "hello"]),
])
func `a conversation begins anew on demand, and holds what was said`(message: String, said: [String]) async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo $1")) { door in
        let client = try await door.connected()
        _ = try await client.say("old", run: "a")
        _ = try await client.end(of: "a")
        let before = try await client.call("chat.history", ["sessionKey": "main"])?["payload"]?["sessionId"]
        _ = try await client.say(message, run: "b")
        #expect(text(try await client.end(of: "b").event) == said.last)
        let after = try await client.call("chat.history", ["sessionKey": "main"])?["payload"]
        #expect(after?["sessionId"] != before)
        #expect(after?["messages"]?.array?.map { $0["content"]?.array?.first?["text"]?.string } == said)
    }
}

@Test func `pictures reach the program as files`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo \"$1\"; cat $(echo \"$1\" | tail -1)")) { door in
        let client = try await door.connected()
        func send(_ attachment: JSON, run: String) async throws -> JSON? {
            try await client.call(
                "chat.send",
                [
                    "sessionKey": "main", "message": "look", "idempotencyKey": .string(run),
                    "attachments": [attachment],
                ])
        }
        _ = try await send(["mimeType": "image/png", "content": "cGljdHVyZQ=="], run: "r")
        let answer = text(try await client.end(of: "r").event)
        #expect(answer.hasPrefix("look\n\n\(instance.configuration.instance.stateDirectory.value)/media/inbound/"))
        #expect(answer.hasSuffix("picture"))
        let refused = try await send(["mimeType": "text/html", "content": "eA==", "fileName": "x.html"], run: "s")
        #expect(refused?["error"]?["message"]?.string?.hasPrefix("x.html: only pictures are taken") == true)
    }
}

@Test func `pictures of two runs are two files, however alike their keys`() throws {
    let instance = try TestInstance()
    let image: [JSON] = [["mimeType": "image/png", "content": "cGljdHVyZQ=="]]
    let attachments = try Attachments(image)
    let key = String(repeating: "k", count: 70)
    let paths = [key + "1", key + "2", key, "../x", "k\0", "k"].map {
        attachments.paths(for: $0, in: instance.configuration.instance)[0]
    }
    #expect(Set(paths).count == paths.count)
    let directory = "\(instance.configuration.instance.stateDirectory.value)/media/inbound/"
    for path in paths {
        #expect(path.hasPrefix(directory))
        #expect(path.dropFirst(directory.count).count == 64 + "-1.png".count)
    }
}

@Test func `the operator shows the configuration to admins alone`() async throws {
    try await TestInstance().open(.direct) { door in
        let (writer, owner) = (try await door.connected(scopes: ["operator.write"]), try await door.connected())
        _ = try await writer.say("/config", run: "w")
        try await #expect(
            text(writer.end(of: "w").event)
                == "/config needs the scope operator.admin, which who asked does not have.")
        _ = try await owner.say("/config gateway.mode", run: "a")
        try await #expect(text(owner.end(of: "a").event).hasSuffix("\"local\""))
        // What may be read by methods may be read here.
        _ = try await writer.say("/status", run: "s")
        try await #expect(text(writer.end(of: "s").event).contains("Profile"))
    }
}

/// A sandbox whose promises the kernel does not confirm.
private struct Leaking: Confinement {
    let isSandboxed = true
    let summary = "of paper"
    let check = Check(.fault, "the sandbox is of paper")
}

@Test func `how it is confined the gateway tells as the program that started it says`() async throws {
    func answers(_ confinement: any Confinement) async throws -> (sandboxed: JSON?, status: String, doctor: String) {
        var answers: (JSON?, String, String) = (nil, "", "")
        try await TestInstance().open(.direct, confinement: confinement) { door in
            let owner = try await door.connected()
            answers.0 = try await owner.call("status")?["payload"]?["gateway"]?["sandboxed"]
            _ = try await owner.say("/status", run: "s")
            answers.1 = try await text(owner.end(of: "s").event)
            _ = try await owner.say("/doctor", run: "d")
            answers.2 = try await text(owner.end(of: "d").event)
        }
        return answers
    }
    let leaking = try await answers(Leaking())
    #expect(leaking.sandboxed == true)
    #expect(leaking.status.contains("Sandbox    of paper\n"))
    #expect(leaking.doctor.contains("BAD   the sandbox is of paper\n"))
    let none = try await answers(Unconfined())
    #expect(none.sandboxed == false)
    #expect(none.status.contains("Sandbox    none: "))
    #expect(none.doctor.contains("note  no sandbox: "))
}

@Test func `an empty message and an unknown agent are refused`() async throws {
    try await TestInstance().open(.direct) { door in
        let client = try await door.connected()
        #expect(try await client.say(" ", run: "r")?["error"]?["message"] == "message or attachment required")
        let unknown = try await client.say("hi", run: "r", session: "agent:nobody:main")
        #expect(unknown?["error"]?["message"] == "unknown agent id \"nobody\"; there are \"main\"")
    }
}

@Test func `two agents in one gateway each answer in a workspace of their own`() async throws {
    let instance = try TestInstance()
    let agents = try instance.agents("pwd", others: ["ops": "pwd; cat IDENTITY.md | head -1"])
    try await instance.open(.socket, agents: agents) { door in
        let (first, second) = (try await door.connected(), try await door.connected())
        _ = try await first.say("where?", run: "a")
        _ = try await second.say("where?", run: "b", session: "agent:ops:main")
        let workspace = instance.configuration.workspace.value
        #expect(text(try await first.end(of: "a").event) == "\(workspace)")
        #expect(text(try await second.end(of: "b").event) == "\(workspace)/agents/ops\n# Who you are")
        let list = try await first.call("agents.list")?["payload"]
        #expect(list?["agents"]?.array?.compactMap { $0["id"]?.string } == ["main", "ops"])
        #expect(try await first.history("agent:ops:main").count == 2)
    }
}

@Test(arguments: Carrier.allCases)
func `messages that come together are kept in the order in which they came`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        for number in 0..<60 {
            try client.send([
                "type": "req", "id": .string("\(number)"), "method": number % 2 == 0 ? "chat.send" : "agent",
                "params": number % 2 == 0
                    ? [
                        "sessionKey": "main", "message": .string("\(number)"), "idempotencyKey": .string("k\(number)"),
                    ] : ["message": .string("\(number)"), "idempotencyKey": .string("k\(number)")],
            ])
        }
        var ends = 0
        while ends < 60, let event = try await client.event("chat") {
            if event["state"] != "delta" { ends += 1 }
        }
        let said = try await client.history().filter { $0.hasPrefix("user: ") }
        #expect(said == (0..<60).map { "user: \($0)" })
    }
}

@Test(arguments: Carrier.allCases)
func `a transcript can be told something that no agent said`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        let params: JSON = ["sessionKey": "main", "message": "the disk is full", "label": "watch"]
        #expect(try await client.call("chat.inject", params)?["error"]?["message"] == "session not found")
        _ = try await client.say("hi", run: "r")
        _ = try await client.end(of: "r")
        try client.send(["type": "req", "id": "i", "method": "chat.inject", "params": params])
        let event = try await client.event("chat")
        #expect(event?["state"] == "final")
        #expect(text(event) == "[watch]\n\nthe disk is full")
        #expect(try await client.history().last == "assistant: [watch]\n\nthe disk is full")
        let reader = try await door.connected(scopes: ["operator.write"])
        #expect(try await reader.call("chat.inject", params)?["error"]?["message"] == "missing scope: operator.admin")
    }
}

@Test func `runs that ended long ago are forgotten`() async throws {
    let instance = try TestInstance()
    let clock = TestClock(at: 1_700_000_000_000)
    try await instance.open(.direct, agents: instance.agents("echo $1"), clock: clock.clock) { door in
        let client = try await door.connected()
        _ = try await client.say("hi", run: "r")
        _ = try await client.end(of: "r")
        clock.advance(by: ConversationStore.runLifetime.milliseconds)
        _ = try await client.say("hi", run: "s")
        _ = try await client.end(of: "s")
        clock.advance(by: 1)
        door.gateway.tick()
        for _ in 0..<6000 {
            if try await door.gateway.services.store.run("r") == nil { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await door.gateway.services.store.run("r") == nil)
        #expect(try await door.gateway.services.store.run("s") != nil)
    }
}

@Test func `a conversation begins anew after the silence the configuration names`() async throws {
    let instance = try TestInstance(
        configuration: """
            {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}},
             "session": {"scope": "global", "reset": {"mode": "idle", "idleMinutes": 5}, "resetTriggers": ["/again"]}}
            """)
    let clock = TestClock(at: 1_700_000_000_000)
    try await instance.open(.direct, clock: clock.clock) { door in
        let client = try await door.connected()
        var transcripts: [String] = []
        for (message, minutes) in [("/help", 4), ("/new", 4), ("/help", 6), ("/help", 1), ("/again", 1)]
            as [(String, Int64)]
        {
            _ = try await client.say(message, run: "\(transcripts.count)")
            _ = try await client.end(of: "\(transcripts.count)")
            clock.advance(by: minutes * 60_000)
            let entry = try await door.gateway.services.store.session(.global)
            transcripts.append(entry?.sessionID ?? "")
        }
        // After 4 minutes the same, whatever is a trigger elsewhere; after 6 another, and another when asked to.
        #expect(transcripts[0] == transcripts[1] && transcripts[0] != "")
        #expect(transcripts[1] == transcripts[2])
        #expect(transcripts[2] != transcripts[3])
        #expect(transcripts[3] != transcripts[4])
    }
}

@Test func `an answer that cannot be kept is an error, also when asked again`() async throws {
    let instance = try TestInstance()
    let agents = try instance.agents("while [ ! -e $DIR/go ]; do sleep 0.01; done; echo $1")
    try await instance.open(.direct, agents: agents) { door in
        let client = try await door.connected()
        _ = try await client.say("hi", run: "r")
        try door.gateway.database.close()
        try instance.touch("go")
        let (event, _) = try await client.end(of: "r")
        #expect(event?["state"] == "error")
        let reason = event?["errorMessage"]?.string ?? ""
        #expect(reason.hasPrefix("the answer could not be kept: "))
        #expect(try await client.say("hi", run: "r")?["error"]?["message"]?.string == reason)
    }
}

@Test func `a run that is over is remembered by the database alone`() async throws {
    let instance = try TestInstance()
    try await instance.open(.direct, agents: instance.agents("echo $1")) { door in
        let client = try await door.connected()
        _ = try await client.say("hi", run: "r")
        _ = try await client.end(of: "r")
        for _ in 0..<6000 where door.gateway.services.runs.run("r") != nil {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(door.gateway.services.runs.run("r") == nil)
        #expect(try await client.say("hi", run: "r")?["payload"] == ["runId": "r", "status": "ok"])
        #expect(try await client.call("agent.wait", ["runId": "r"])?["payload"]?["status"] == "ok")
        #expect(try await client.history() == ["user: hi", "assistant: hi"])
    }
}
