import Foundation
import IRCServer
import JSON
import ModelServices
import Policy
import Synchronization
import Testing

@testable import Channels
@testable import Configuration
@testable import Gateway
@testable import Storage
@testable import Time

/// Conversations over IRC, with a gateway and a server on real sockets.
@Suite struct MessagingTests {
    private static let account = AccountID("irc", "default")

    /// An instance that is on IRC with `settings` beside host and nick.
    private func instance(_ server: TestIRCServer, _ settings: String = "", more: String = "") throws -> TestInstance {
        try TestInstance(
            configuration: """
                {gateway: {mode: "local", auth: {token: "\(TestInstance.token)"}},
                 agents: {defaults: {skipBootstrap: true, model: {primary: "one/small"}},
                  list: [{id: "main"}, {id: "other"}]},
                 channels: {irc: {host: "127.0.0.1", port: \(server.port), tls: false, nick: "bot",
                  flood: {burst: 100, intervalMs: 1}\(settings)}},
                 models: {providers: {one: {baseUrl: "http://127.0.0.1:9/v1", models: [{id: "small", name: "Small"}]}}}\(more)}
                """)
    }

    /// Has `body` talk with a gateway that is connected.
    private func open(
        _ instance: TestInstance, _ server: TestIRCServer, _ models: TestModels, _ body: (Door) async throws -> Void
    ) async throws {
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            try await #expect(eventually { door.gateway.channels.allSatisfy(\.isConnected) })
            try await body(door)
        }
    }

    /// Answers with the last line that was said, without what stands before it.
    private func echo() -> TestModels {
        TestModels { request, model, receive in
            let words = request.messages.last?.words ?? ""
            let said = words.split(separator: "\n").last.flatMap { $0.split(separator: "] ", maxSplits: 1).last } ?? ""
            await receive(.answer("heard \(said)", by: model))
        }
    }

    private func answers(_ server: TestIRCServer) -> [String] { server.messages.map { "\($0.target): \($0.text)" } }

    // MARK: Who is listened to

    @Test func `a stranger gets a code and nothing else, and is heard when the owner says so`() async throws {
        try await TestIRCServer.serving { server in
            let models = echo()
            try await open(instance(server), server, models) { door in
                server.say("@account=ada :ada!a@h PRIVMSG bot :let me in")
                try await #expect(eventually { server.messages.count == 1 })
                let word = try #require(server.messages.first)
                #expect(word.target == "ada")
                let code = try #require(word.text.split(separator: " ").last.map(String.init))
                #expect(PairingCode(code) != nil, "\(word.text)")
                #expect(word.text.contains("mazelclaw --profile test pairing approve irc \(code)"))

                let client = try await door.connected()
                let list = try await client.call("channels.pairing.list", ["channel": "irc"])?["payload"]
                #expect(list?["pending"]?.array?.first?["code"]?.string == code)
                #expect(list?["pending"]?.array?.first?["id"] == "ada")
                // A second time nothing is said, and no agent hears of it.
                server.say("@account=ada :ada!a@h PRIVMSG bot :hello?")
                server.say(":mallory!m@h PRIVMSG bot :me too")
                try await #expect(eventually { server.messages.count == 2 })
                #expect(server.messages[1].target == "mallory")
                #expect(models.asked.isEmpty)

                let wrong = try await client.call("channels.pairing.approve", ["channel": "irc", "code": "ABCDEFGH"])
                #expect(wrong?["ok"] == false)
                let approval = try await client.call(
                    "channels.pairing.approve", ["channel": "irc", "code": .string(code.lowercased())])?["payload"]
                #expect(approval?["id"] == "ada")
                server.say("@account=ada :Ada2!other@host PRIVMSG bot :now")
                try await #expect(eventually { answers(server).contains("Ada2: heard now") })
                // Who takes the nick is not who was let in.
                server.say(":ada!a@h PRIVMSG bot :me again")
                server.say("@account=ada :ada!a@h PRIVMSG bot :last")
                try await #expect(eventually { answers(server).contains("ada: heard last") })
                #expect(!answers(server).contains("ada: heard me again"))

                let removal = try await client.call("channels.pairing.remove", ["channel": "irc", "id": "ada"])?[
                    "payload"]
                #expect(removal?["removed"] == true)
            }
        }
    }

    @Test func `who is turned away is not heard`() async throws {
        try await TestIRCServer.serving { server in
            try await open(instance(server), server, echo()) { door in
                server.say(":ada!a@h PRIVMSG bot :let me in")
                try await #expect(eventually { server.messages.count == 1 })
                let code = try #require(server.messages[0].text.split(separator: " ").last.map(String.init))
                let client = try await door.connected()
                let rejection = try await client.call(
                    "channels.pairing.reject", ["channel": "irc", "code": .string(code)])?["payload"]
                #expect(rejection?["name"] == "ada")
                let list = try await client.call("channels.pairing.list", ["channel": "irc"])?["payload"]
                #expect(list?["pending"] == [])
                #expect(list?["allowed"] == [])
            }
        }
    }

    // MARK: Conversations

    @Test func `groups and persons have conversations of their own, and a group is answered when it asks`() async throws
    {
        try await TestIRCServer.serving { server in
            let models = echo()
            let settings = ##", dmPolicy: "allowlist", allowFrom: ["ada"], groups: {"#Help": {}}"##
            try await open(instance(server, settings), server, models) { door in
                try await #expect(eventually { server.lines.contains("JOIN #Help") })
                server.say(":bob!b@h PRIVMSG #help :the printer is on fire")
                server.say("@account=mallory :mallory!m@h PRIVMSG bot :psst")
                server.say(":bob!b@h PRIVMSG #elsewhere :bot: hi")
                server.say(":bob!b@h PRIVMSG #help :bot: what now?")
                try await #expect(eventually { answers(server) == ["#help: heard what now?"] })
                server.say("@account=ada :ada!a@h PRIVMSG bot :and I?")
                try await #expect(eventually { answers(server).last == "ada: heard and I?" })
                // What was said to others is told, in order; what strangers said is not.
                let asked = models.asked.map { $0.request.messages.last?.words ?? "" }
                #expect(asked.count == 2)
                #expect(asked[0].contains("bob: the printer is on fire\n\n[IRC #help bob 2"))
                #expect(asked[0].hasSuffix(" UTC] what now?"))
                #expect(asked[1].hasPrefix("[IRC ada 2"))
                let entries = try await door.gateway.database.read { try $0.sessions.list(SessionFilter()) }
                #expect(Set(entries.map(\.key.text)) == ["agent:main:irc:group:#help", "agent:main:main"])
                let route = DeliveryRoute(service: "irc", account: "default", target: "ada")
                #expect(entries.first { $0.key.text == "agent:main:main" }?.route == route)
            }
        }
    }

    @Test func `bindings and dmScope decide who answers, and where`() async throws {
        try await TestIRCServer.serving { server in
            let settings = """
                , dmPolicy: "open", allowFrom: ["*"], accounts: {one: {}, two: {nick: "second"}}, defaultAccount: "one"
                """
            let more = """
                , bindings: [{agentId: "other", match: {channel: "irc", accountId: "two"}},
                 {agentId: "other", match: {channel: "irc", accountId: "one", peer: {kind: "dm", id: "vip"}}}],
                 session: {dmScope: "per-account-channel-peer", identityLinks: {Boss: ["irc:grace"]}}
                """
            try await open(instance(server, settings, more: more), server, echo()) { door in
                #expect(server.openCount == 2)
                server.say("@account=ada :ada!a@h PRIVMSG bot :to one")
                server.say("@account=ada :ada!a@h PRIVMSG second :to two")
                server.say("@account=vip :vip!a@h PRIVMSG bot :hurry")
                server.say("@account=grace :gh!a@h PRIVMSG bot :link")
                try await #expect(eventually { server.messages.count == 4 })
                let entries = try await door.gateway.database.read { try $0.sessions.list(SessionFilter()) }
                #expect(
                    Set(entries.map(\.key.text)) == [
                        "agent:main:irc:one:dm:ada", "agent:other:irc:two:dm:ada", "agent:other:irc:one:dm:vip",
                        "agent:main:irc:one:dm:boss",
                    ])
            }
        }
    }

    @Test func `commands begin anew and stop, also from there`() async throws {
        try await TestIRCServer.serving { server in
            let settings = #", dmPolicy: "open", allowFrom: ["*"]"#
            let models = TestModels { request, model, receive in
                let words = request.messages.last?.words ?? ""
                if words.hasSuffix("wait") {
                    try? await Task.sleep(for: .seconds(3600))
                    await receive(.failure(.aborted, by: model))
                } else {
                    await receive(.answer("\(request.messages.count)", by: model))
                }
            }
            try await open(instance(server, settings), server, models) { door in
                server.say(":ada!a@h PRIVMSG bot :one")
                server.say(":ada!a@h PRIVMSG bot :two")
                try await #expect(eventually { answers(server) == ["ada: 1", "ada: 3"] })
                server.say(":ada!a@h PRIVMSG bot :/new")
                try await #expect(eventually { answers(server).last == "ada: A new conversation begins." })
                server.say(":ada!a@h PRIVMSG bot :/new hello")
                try await #expect(eventually { answers(server).last == "ada: 1" })
                server.say(":ada!a@h PRIVMSG bot :please wait")
                try await #expect(eventually { door.gateway.services.runs.openCount == 1 })
                server.say(":ada!a@h PRIVMSG bot :/stop")
                try await #expect(eventually { door.gateway.services.runs.openCount == 0 })
                server.say(":ada!a@h PRIVMSG bot :/new")
                try await #expect(eventually { answers(server).count == 5 })
            }
        }
    }

    @Test func `two programs that answer each other come to an end`() async throws {
        try await TestIRCServer.serving { server in
            let settings = #", dmPolicy: "open", allowFrom: ["*"]"#
            try await open(instance(server, settings), server, echo()) { _ in
                for index in 1...25 { server.say(":robot!r@h PRIVMSG bot :\(index)") }
                server.say(":ada!a@h PRIVMSG bot :me")
                try await #expect(eventually { answers(server).contains("ada: heard me") })
                #expect(server.messages.filter { $0.target == "robot" }.map(\.text) == (1...20).map { "heard \($0)" })
            }
        }
    }

    @Test func `what the service says again is answered once`() async throws {
        try await TestIRCServer.serving { server in
            let settings = #", dmPolicy: "open", allowFrom: ["*"], responsePrefix: "[bot]""#
            try await open(instance(server, settings), server, echo()) { _ in
                for _ in 1...3 { server.say("@msgid=same :ada!a@h PRIVMSG bot :one") }
                server.say("@msgid=next :ada!a@h PRIVMSG bot :two")
                try await #expect(eventually { answers(server) == ["ada: [bot] heard one", "ada: [bot] heard two"] })
            }
        }
    }

    // MARK: Saying

    @Test func `send says something once, and tells what became of it`() async throws {
        var rules = TestIRCServer.Rules()
        rules.unknownTargets = ["nobody"]
        try await TestIRCServer.serving(rules) { server in
            try await open(instance(server), server, echo()) { door in
                let client = try await door.connected()
                let request: JSON = ["to": "#help", "message": "one\ntwo", "idempotencyKey": "k", "channel": "irc"]
                let sent = try await client.call("send", request)?["payload"]
                #expect(sent?["status"] == "sent")
                #expect(answers(server) == ["#help: one", "#help: two"])
                let again = try await client.call("send", request)?["payload"]
                #expect(again?["status"] == "known")
                let refused = try await client.call(
                    "send", ["to": "nobody", "message": "x", "idempotencyKey": "l"])?["error"]?["message"]?.string
                #expect(refused == "not sent: nobody cannot be written to: No such nick/channel")
                let malformed = try await client.call("send", ["to": "a b", "message": "x", "idempotencyKey": "m"])
                #expect(malformed?["ok"] == false)
                let unknown = try await client.call(
                    "send", ["to": "a", "message": "x", "channel": "telegram", "idempotencyKey": "n"])
                #expect(unknown?["error"]?["message"]?.string?.contains("this version connects to: irc") == true)
                #expect(server.messages.count == 3)
            }
        }
    }

    @Test func `an answer that cannot go out now goes out when the server is back`() async throws {
        try await TestIRCServer.serving { server in
            let (gate, unlock) = AsyncStream.makeStream(of: Void.self)
            let models = TestModels { _, model, receive in
                for await _ in gate { break }
                await receive(.answer("late", by: model))
            }
            let settings = #", dmPolicy: "open", allowFrom: ["*"]"#
            try await open(instance(server, settings), server, models) { door in
                server.say(":ada!a@h PRIVMSG bot :think")
                try await #expect(eventually { models.asked.count == 1 })
                await server.stop()
                try await #expect(eventually { !door.gateway.channels.allSatisfy(\.isConnected) })
                unlock.yield()
                try await #expect(
                    eventually {
                        try await door.gateway.database.read { try $0.deliveries.count("irc", "default") } == 1
                    })
                try await server.restart()
                try await #expect(eventually { answers(server) == ["ada: late"] })
                try await #expect(
                    eventually {
                        try await door.gateway.database.read { try $0.deliveries.count("irc", "default") } == 0
                    })
            }
        }
    }

    @Test func `a job's answer is sent to where it says, or to where the agent was last written to from`() async throws
    {
        try await TestIRCServer.serving { server in
            let settings = #", dmPolicy: "open", allowFrom: ["*"]"#
            try await open(instance(server, settings), server, echo()) { door in
                let client = try await door.connected()
                func run(_ payload: JSONObject) async throws -> JSON? {
                    var payload = payload
                    payload["kind"] = "agentTurn"
                    payload["message"] = "tea"
                    payload["deliver"] = true
                    let job =
                        try await client.call(
                            "cron.add",
                            [
                                "name": "n", "schedule": ["kind": "every", "everyMs": 86_400_000],
                                "wakeMode": "next-heartbeat",
                                "sessionTarget": "isolated", "payload": .object(payload),
                            ])?["payload"]?["id"] ?? .null
                    _ = try await client.call("cron.run", ["id": job, "mode": "force"])
                    var last: JSON?
                    _ = try await eventually {
                        last = try await client.call("cron.runs", ["id": job])?["payload"]?["entries"]?.array?.last
                        return last != nil
                    }
                    return last
                }
                // Nobody wrote yet.
                #expect(try await run([:])?["status"] == "error")
                #expect(try await run(["bestEffortDeliver": true])?["status"] == "ok")
                #expect(server.messages.isEmpty)
                #expect(try await run(["channel": "irc", "to": "#tea"])?["status"] == "ok")
                try await #expect(eventually { answers(server).last == "#tea: heard tea" })
                server.say(":ada!a@h PRIVMSG bot :hi")
                try await #expect(eventually { answers(server).last == "ada: heard hi" })
                #expect(try await run(["channel": "last"])?["status"] == "ok")
                try await #expect(eventually { answers(server).last == "ada: heard tea" })
            }
        }
    }

    @Test func `what a heartbeat has to say goes to where the agent was last written to from`() async throws {
        try await TestIRCServer.serving { server in
            let isDry = Mutex(false)
            let models = TestModels { request, model, receive in
                let isAsked = request.messages.last?.words.contains("HEARTBEAT.md") ?? false
                let word = isDry.withLock(\.self) ? "The plants are dry. HEARTBEAT_OK" : "HEARTBEAT_OK"
                await receive(.answer(isAsked ? word : "hello", by: model))
            }
            let instance = try instance(server, #", dmPolicy: "open", allowFrom: ["*"]"#)
            try await open(instance, server, models) { door in
                let workspace = instance.configuration.workspace.value
                try "Water the plants.".write(
                    toFile: (workspace / "HEARTBEAT.md").text, atomically: true, encoding: .utf8)
                var heartbeat = try #require(Heartbeat.all(instance.configuration.agents).first)
                heartbeat.quietLimit = 0
                let worker = door.gateway.services.heartbeatWorker
                isDry.withLock { $0 = true }
                // Nobody wrote yet.
                #expect(try await worker.beat(heartbeat) == .said("The plants are dry."))
                server.say(":ada!a@h PRIVMSG bot :hi")
                try await #expect(eventually { answers(server) == ["ada: hello"] })
                #expect(try await worker.beat(heartbeat) == .sent("The plants are dry."))
                try await #expect(eventually { answers(server).last == "ada: The plants are dry." })
                isDry.withLock { $0 = false }
                #expect(try await worker.beat(heartbeat) == .quiet(hasWord: true))
                isDry.withLock { $0 = true }
                heartbeat.target = "none"
                #expect(try await worker.beat(heartbeat) == .said("The plants are dry."))
                server.say(":ada!a@h PRIVMSG bot :end")
                try await #expect(eventually { answers(server).count == 3 })
                #expect(answers(server) == ["ada: hello", "ada: The plants are dry.", "ada: hello"])
            }
        }
    }

    // MARK: How it is

    @Test func `a connection that is refused is told everywhere, and the gateway goes on`() async throws {
        var rules = TestIRCServer.Rules()
        rules.password = "right"
        try await TestIRCServer.serving(rules) { server in
            let instance = try instance(server, #", password: "wrong""#)
            try await instance.open(.socket, agents: instance.agents(answeredBy: echo())) { door in
                let client = try await door.connected()
                func account() async throws -> JSON? {
                    try await client.call("channels.status", [:])?["payload"]?["channelAccounts"]?["irc"]?.array?.first
                }
                try await #expect(eventually { try await account()?["lastError"]?.string != nil })
                let state = try await account()
                #expect(state?["lastError"] == "the server refuses the password: Password incorrect")
                #expect(state?["healthy"] == false)
                #expect(state?["running"] == false)
                let ready = try await instance.get("/ready")
                #expect(ready.status == 200)
                #expect(ready.json?["channels"] == ["irc/default": false])
                let status = try await client.call("channels.status", ["probe": true])?["payload"]
                #expect(status?["channelOrder"] == ["irc"])
                #expect(status?["channelDefaultAccountId"] == ["irc": "default"])
                let summary = try await client.call("status", [:])?["payload"]?["channelSummary"]?.array?.first?.string
                #expect(summary == "IRC default: the server refuses the password: Password incorrect")
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test func `an account that lacks something is told, and one that is logged out stays so`() async throws {
        try await TestIRCServer.serving { server in
            let settings = #", accounts: {one: {}, two: {enabled: false}, three: {nick: " "}}"#
            let instance = try instance(server, settings)
            try await instance.open(.direct, agents: instance.agents(answeredBy: echo())) { door in
                let client = try await door.connected()
                func accounts() async throws -> [JSON] {
                    try await client.call("channels.status", [:])?["payload"]?["channelAccounts"]?["irc"]?.array ?? []
                }
                try await #expect(eventually { try await accounts().contains { $0["connected"] == true } })
                #expect(
                    try await accounts().map { "\($0["accountId"]?.string ?? ""): \($0["lastError"]?.string ?? "-")" }
                        == [
                            "one: -", "three: not configured: channels.irc needs a host and a nick", "two: disabled",
                        ])
                let answer = try await client.call("channels.logout", ["channel": "irc", "accountId": "one"])?[
                    "payload"]
                #expect(answer?["loggedOut"] == true)
                try await #expect(eventually { server.openCount == 0 })
                #expect(try await accounts().first?["lastError"] == "logged out")
                let unknown = try await client.call("channels.logout", ["channel": "irc", "accountId": "four"])
                #expect(unknown?["ok"] == false)
            }
        }
    }
}
