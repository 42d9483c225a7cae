import Foundation
import GatewayServer
import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

private let hookToken = "the-hook-token"

/// An instance with hooks, whose agent repeats what it is told before everything else, and the message.
private func hooked(_ script: String = #"printf '%s\n--\n%s' "$2" "$3""#, mappings: JSON = []) throws -> TestInstance {
    try TestInstance.withEndpoints(
        script,
        more: ["hooks": ["enabled": true, "token": .string(hookToken), "maxBodyBytes": 2000, "mappings": mappings]])
}

extension TestInstance {
    fileprivate func hook(
        _ path: String, _ content: JSON, token: String = hookToken, headers: [String] = []
    ) async throws -> HTTPAnswer {
        try await post("/hooks/\(path)", content, token: token, headers: headers)
    }
}

extension Gateway {
    /// What the run `answer` tells of came to.
    fileprivate func end(of answer: HTTPAnswer) async throws -> Run? {
        let id = try #require(answer.json?["runId"]?.string, "\(answer.body)")
        return try await services.conversations.wait(for: id, atMost: TimeSpan(15, .seconds))
    }
}

extension Run {
    fileprivate var text: String? { result?["payloads"]?.array?.first?["text"]?.string }
}

@Test func `wake has the main session told at its next turn, or act on it at once`() async throws {
    let instance = try hooked(#"printf '%s' "$3""#)
    try await instance.serving { gateway in
        let answer = try await instance.hook("wake", ["text": "a disk is full", "mode": "next-heartbeat"])
        #expect(answer.status == 200)
        #expect(answer.json == ["ok": true, "mode": "next-heartbeat"])
        #expect(gateway.services.systemEvents.waiting(for: "agent:main:main") == ["a disk is full"])
        try await #expect(instance.hook("wake", ["text": "again"]).json?["mode"] == "now")
        let key = SessionKey(agent: "main", rest: "main")
        var messages: [JSON] = []
        try await #require(
            eventually {
                messages = try await gateway.services.store.history(of: key, limit: 2).messages
                return messages.count == 2
            })
        let text = messages.last?["content"]?.array?.first?["text"]?.string ?? ""
        #expect(text.hasPrefix("System: a disk is full\n\nSystem: again\n\n"), "\(text)")
        let empty = try await instance.hook("wake", ["text": " "])
        #expect(empty.status == 400)
        #expect(empty.json == ["ok": false, "error": "text required"])
    }
}

@Test func `agent begins a run of its own, whose end the main session hears of`() async throws {
    let instance = try hooked()
    try await instance.serving { gateway in
        let answer = try await instance.hook("agent", ["message": "build 7 failed", "name": "CI"])
        #expect(answer.status == 202)
        #expect(answer.json?["ok"] == true)
        let run = try await gateway.end(of: answer)
        #expect(run?.status == .ok)
        #expect(run?.sessionKey?.text == "agent:main:hook:\(run?.runID ?? "")")
        let parts = run?.text?.components(separatedBy: "\n--\n") ?? []
        // The agent is told that no person wrote this.
        #expect(parts.first?.contains("sent by another program through the gateway's hook \"CI\"") == true)
        #expect(parts.last == "build 7 failed")
        #expect(
            try await eventually {
                gateway.services.systemEvents.waiting(for: "agent:main:main").first?.hasPrefix("CI: ") == true
            })
        let named = try await instance.hook("agent", ["message": "hi", "sessionKey": "agent:ops:builds"])
        #expect(try await gateway.end(of: named)?.sessionKey?.text == "agent:ops:builds")
    }
}

private let refused: [(path: String, content: JSON, status: Int, message: String)] = [
    ("agent", [:], 400, "message required"), ("agent", ["message": 7], 400, "`message` must be a string"),
    ("agent", ["message": "hi", "timeoutSeconds": 0], 400, "timeoutSeconds"),
    ("agent", ["message": "hi", "timeoutSeconds": 0.9], 400, "timeoutSeconds"),
    ("agent", ["message": "hi", "timeoutSeconds": "5"], 400, "timeoutSeconds"),
    ("agent", ["message": "hi", "model": " "], 400, "model required"),
    ("agent", ["message": "hi", "channel": "telegram"], 400, "no channels"),
    ("agent", ["message": "hi", "thinking": "deep"], 400, "invalid thinking (use off|"),
    ("agent", ["message": "hi", "sessionKey": "agent:nobody:x"], 400, "unknown agent id"),
    ("wake", [], 400, "must be a JSON object"), ("nothing", ["message": "hi"], 404, ""),
    ("", ["message": "hi"], 404, ""),
    ("agent", ["message": .string(String(repeating: "x", count: 70_000))], 413, ""),
]

@Test(arguments: [(5.9, 5), (1, 1), (86_400, 86_400)])
func `parts of a second do not count`(seconds: Double, expected: Int64) throws {
    guard case .agent(let turn) = try HookCall(agent: ["message": "hi", "timeoutSeconds": .double(seconds)]) else {
        Issue.record("no turn")
        return
    }
    #expect(turn.time == TimeSpan(expected, .seconds))
}

@Test func `a hook that cannot be meant is refused`() async throws {
    let instance = try hooked()
    try await instance.serving { gateway in
        for (path, content, status, message) in refused {
            let answer = try await instance.hook(path, content)
            #expect(answer.status == status, "\(path)")
            if !message.isEmpty { #expect(answer.json?["error"]?.string?.contains(message) == true, "\(answer.body)") }
        }
        #expect(gateway.services.runs.open.isEmpty)
        #expect(gateway.services.systemEvents.waiting(for: "agent:main:main").isEmpty)
    }
}

@Test func `hooks have a secret of their own, in a header field`() async throws {
    let instance = try hooked()
    try await instance.serving { _ in
        let content: JSON = ["text": "hi"]
        for header in ["X-Mazelclaw-Token", "X-Openclaw-Token", "X-Moltbot-Token"] {
            let answer = try await instance.hook("wake", content, token: "", headers: ["\(header): \(hookToken)"])
            #expect(answer.status == 200, "\(header)")
        }
        // Neither the gateway's, nor one in the address, nor none.
        try await #expect(instance.hook("wake", content, token: TestInstance.token).status == 401)
        try await #expect(instance.hook("wake?token=\(hookToken)", content, token: "").status == 401)
        try await #expect(instance.hook("wake", content, token: "").status == 401)
        // The secret before the method: nobody unknown learns what there is.
        let get = TestInstance.post("/hooks/wake", "", token: "", method: "GET")
        try await #expect(instance.exchange(get).status == 401)
        let known = try await instance.exchange(TestInstance.post("/hooks/wake", "", token: hookToken, method: "GET"))
        #expect(known.status == 405)
        #expect(known.has("allow: post"))
    }
}

@Test func `who guesses the hooks' secret is told to wait there, and nowhere else`() async throws {
    let instance = try hooked()
    let clock = TestClock(at: 1_700_000_000_000)
    try await instance.serving(clock: clock.clock) { _ in
        for _ in 0..<10 { try await #expect(instance.hook("wake", ["text": "hi"], token: "wrong").status == 401) }
        let answer = try await instance.hook("wake", ["text": "hi"], token: "wrong")
        #expect(answer.status == 429)
        #expect(answer.has("retry-after: 6"))
        let question: JSON = ["messages": [["role": "user", "content": "hi"]]]
        try await #expect(instance.post("/v1/chat/completions", question, token: "wrong").status == 401)
        // The right one is looked at first.
        try await #expect(instance.hook("wake", ["text": "hi"]).status == 200)
        clock.advance(by: 6000)
        try await #expect(instance.hook("wake", ["text": "hi"], token: "wrong").status == 401)
    }
}

@Test func `mappings make messages of what other programs send`() async throws {
    let template =
        "{{commits[0].title}} by {{payload.author}} ({{headers.x-event}}){{nothing}} {{path}} "
        + "{{headers.authorization}}{{headers.x-mazelclaw-token}}"
    let instance = try hooked(
        mappings: [
            [
                "match": ["path": "disk"], "action": "wake", "wakeMode": "next-heartbeat",
                "textTemplate": "{{host}} is {{ used }} % full",
            ],
            [
                "id": "push", "match": ["path": "/git/push", "source": "forge"], "sessionKey": "hook:git:{{repo.name}}",
                "messageTemplate": .string(template), "timeoutSeconds": 30,
            ],
            ["match": ["path": "trusted"], "messageTemplate": "{{text}}", "allowUnsafeExternalContent": true],
            ["match": ["path": "nothing"], "messageTemplate": "{{missing}}"],
        ])
    try await instance.serving { gateway in
        try await #expect(
            instance.hook("disk", ["host": "box", "used": 97]).json == ["ok": true, "mode": "next-heartbeat"])
        #expect(gateway.services.systemEvents.waiting(for: "agent:main:main") == ["box is 97 % full"])
        let push: JSON = [
            "source": "forge", "author": "{{repo.name}}", "repo": ["name": "Claw"], "commits": [["title": "Fix it"]],
        ]
        let pushed = try await gateway.end(of: instance.hook("git/push", push, headers: ["X-Event: push"]))
        #expect(pushed?.sessionKey?.text == "agent:main:hook:git:claw")
        // What is put in is no template, and no secret.
        #expect(pushed?.text?.hasSuffix("Fix it by {{repo.name}} (push) git/push") == true, "\(pushed?.text ?? "")")
        try await #expect(instance.hook("git/push", ["source": "other"]).status == 404)
        let trusted = try await gateway.end(of: instance.hook("trusted", ["text": "hi"]))
        #expect(trusted?.text?.contains("sent by another program") == false)
        try await #expect(instance.hook("nothing", [:]).status == 400)
    }
}

@Test func `hooks are where the configuration has them, or nowhere`() async throws {
    let moved = try TestInstance.withEndpoints(
        more: ["hooks": ["enabled": true, "token": .string(hookToken), "path": "in/bound/"]])
    try await moved.serving { _ in
        try await #expect(moved.post("/in/bound/wake", ["text": "hi"], token: hookToken).status == 200)
        try await #expect(moved.post("/hooks/wake", ["text": "hi"], token: hookToken).status == 404)
        try await #expect(moved.post("/in/boundless", ["text": "hi"], token: hookToken).status == 404)
    }
    let off = try TestInstance.withEndpoints(more: ["hooks": ["enabled": false, "token": .string(hookToken)]])
    try await off.serving { _ in try await #expect(off.hook("wake", ["text": "hi"]).status == 404) }
    // Without a secret anybody could have agents work.
    let open = try TestInstance.withEndpoints(more: ["hooks": ["enabled": true]])
    #expect(throws: ConfigurationError.self) { try open.configuration.requireStartable(allowsUnconfigured: false) }
    try await open.serving { _ in try await #expect(open.hook("wake", ["text": "hi"], token: "").status == 404) }
}
