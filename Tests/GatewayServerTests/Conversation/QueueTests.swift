import AgentLoop
import Foundation
import JSON
import ModelServices
import Policy
import Synchronization
import Testing

@testable import Configuration
@testable import Gateway
@testable import Storage
@testable import Time

/// Messages that come while their session's agent is answering.
@Suite struct QueueTests {
    /// Models of which each answer waits until it is let go.
    private final class HeldModels: Sendable {
        private let gates = Mutex<[CheckedContinuation<Void, Never>]>([])
        private let isOpen = Mutex(false)

        /// How many wait.
        var waiting: Int { gates.withLock(\.count) }

        func wait() async {
            await withCheckedContinuation { continuation in
                let isOpen = isOpen.withLock { isOpen in
                    if !isOpen { gates.withLock { $0.append(continuation) } }
                    return isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        /// Lets those go that wait, and all that come later.
        func open() {
            let waiting = isOpen.withLock { isOpen in
                isOpen = true
                return gates.withLock { gates in
                    defer { gates = [] }
                    return gates
                }
            }
            for gate in waiting { gate.resume() }
        }
    }

    private func instance(_ queue: String) throws -> TestInstance {
        try TestInstance(
            configuration: """
                {gateway: {mode: "local", auth: {token: "\(TestInstance.token)"}}, messages: {queue: \(queue)},
                 agents: {defaults: {skipBootstrap: true, model: {primary: "one/small"}}},
                 models: {providers: {one: {baseUrl: "http://127.0.0.1:9/v1", models: [{id: "small", name: "Small"}]}}}}
                """)
    }

    private func send(_ message: String, to client: any ProtocolClient) async throws -> JSON? {
        try await client.call(
            "chat.send",
            ["sessionKey": "main", "message": .string(message), "idempotencyKey": .string(message)])
    }

    /// How the runs called `messages` end, by their names.
    private func ends(of messages: [String], from client: any ProtocolClient) async throws -> [String: JSON] {
        var ends: [String: JSON] = [:]
        while ends.count < messages.count, let event = try await client.event("chat") {
            guard let run = event["runId"]?.string, messages.contains(run), event["state"] != "delta" else { continue }
            ends[run] = event
        }
        return ends
    }

    private func text(_ event: JSON?) -> String? {
        event?["message"]?["content"]?.array?.compactMap { $0["text"]?.string }.joined()
    }

    /// Models that answer with what was said last, the first time when they are let go.
    private func holding(_ held: HeldModels) -> TestModels {
        TestModels { request, model, receive in
            await receive(.start)
            await held.wait()
            await receive(.answer("heard \(request.messages.last?.words ?? "")", by: model))
        }
    }

    @Test func `without a mode each message has a turn of its own, one after the other`() async throws {
        let held = HeldModels()
        let models = holding(held)
        let instance = try instance("{}")
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            for message in ["one", "two", "three"] { _ = try await send(message, to: client) }
            #expect(try await eventually { held.waiting == 1 })
            held.open()
            let ends = try await ends(of: ["one", "two", "three"], from: client)
            #expect(["one", "two", "three"].map { text(ends[$0]) } == ["heard one", "heard two", "heard three"])
            #expect(models.asked.count == 3)
        }
    }

    @Test func `collected messages are answered together, and those before the last end without an answer`()
        async throws
    {
        let held = HeldModels()
        let models = holding(held)
        let instance = try instance(#"{mode: "collect", debounceMs: 1}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            for message in ["one", "two", "three", "four"] { _ = try await send(message, to: client) }
            #expect(try await eventually { held.waiting == 1 })
            held.open()
            let ends = try await ends(of: ["one", "two", "three", "four"], from: client)
            #expect(ends.values.allSatisfy { $0["state"] == "final" })
            #expect(text(ends["one"]) == "heard one")
            #expect(ends["two"]?["message"] == nil)
            #expect(ends["three"]?["message"] == nil)
            #expect(text(ends["four"]) == "heard four")
            #expect(models.asked.count == 2)
            #expect(
                models.asked[1].request.messages.map(\.line) == [
                    "user: one", "user: two", "user: three", "assistant: heard one", "user: four",
                ])
            // Who asks again hears that it was answered.
            #expect(try await send("two", to: client)?["payload"]?["status"] == "ok")
        }
    }

    @Test func `a program is told collected messages together`() async throws {
        let instance = try instance(#"{mode: "collect", debounceMs: 1}"#)
        let script = #"while [ ! -e "$DIR/go" ]; do sleep 0.01; done; printf '%s' "$1""#
        try await instance.open(.direct, agents: instance.agents(script)) { door in
            let client = try await door.connected()
            for message in ["one", "two", "three"] { _ = try await send(message, to: client) }
            try instance.touch("go")
            let ends = try await ends(of: ["one", "two", "three"], from: client)
            #expect(text(ends["one"]) == "one")
            #expect(text(ends["three"]) == "two\n\nthree")
        }
    }

    @Test func `a newer message ends the turn where the mode says so, and is answered next`() async throws {
        let isFirst = Mutex(true)
        let models = TestModels { request, model, receive in
            if isFirst.withLock({ first in
                defer { first = false }
                return first
            }) {
                await receive(.start)
                try? await Task.sleep(for: .seconds(600))
                await receive(.failure(.aborted, by: model))
            } else {
                await receive(.answer("heard \(request.messages.last?.words ?? "")", by: model))
            }
        }
        let instance = try instance(#"{mode: "followup", byChannel: {webchat: "interrupt"}}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await send("one", to: client)
            #expect(try await eventually { models.asked.count == 1 })
            _ = try await send("two", to: client)
            let ends = try await ends(of: ["one", "two"], from: client)
            #expect(ends["one"]?["state"] == "aborted")
            #expect(ends["one"]?["stopReason"] == "queue")
            #expect(text(ends["two"]) == "heard two")
        }
    }

    /// Models that call a tool, wait, and answer with all that users said.
    private func calling(_ held: HeldModels) -> TestModels {
        TestModels { request, model, receive in
            let users = request.messages.filter { if case .user = $0 { true } else { false } }.map(\.words)
            let hasResult = request.messages.contains { if case .toolResult = $0 { true } else { false } }
            if hasResult || users.last != "one" {
                await receive(.answer("heard \(users.joined(separator: ", "))", by: model))
            } else {
                await receive(.start)
                await held.wait()
                await receive(.call("agents_list", by: model, saying: "One moment."))
            }
        }
    }

    @Test(arguments: ["steer", "queue"])
    func `a message steers a turn that calls tools, and has no turn of its own`(mode: String) async throws {
        let held = HeldModels()
        let models = calling(held)
        let instance = try instance(#"{mode: "\#(mode)"}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await send("one", to: client)
            #expect(try await eventually { held.waiting == 1 })
            _ = try await send("two", to: client)
            let isOffered = try await eventually { door.gateway.services.runs.run("one")?.steering.count == 1 }
            #expect(isOffered)
            held.open()
            let ends = try await ends(of: ["one", "two"], from: client)
            #expect(text(ends["one"])?.hasSuffix("heard one, two") == true)
            #expect(ends["two"]?["state"] == "final")
            #expect(ends["two"]?["message"] == nil)
            #expect(models.asked.count == 2)
            #expect(
                models.asked[1].request.messages.map(\.line) == [
                    "user: one", "assistant: One moment.", "tool: result of call-1", "user: two",
                ])
            // The transcript tells that the turn took it in, and goes on from there.
            _ = try await send("three", to: client)
            _ = try await self.ends(of: ["three"], from: client)
            #expect(
                models.asked[2].request.messages.map(\.line).filter { $0.hasPrefix("user") } == [
                    "user: one", "user: two", "user: three",
                ])
        }
    }

    @Test func `with a backlog the message also has a turn of its own`() async throws {
        let held = HeldModels()
        let models = calling(held)
        let instance = try instance(#"{mode: "steer-backlog"}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await send("one", to: client)
            #expect(try await eventually { held.waiting == 1 })
            _ = try await send("two", to: client)
            #expect(try await eventually { door.gateway.services.runs.run("one")?.steering.count == 1 })
            held.open()
            let ends = try await ends(of: ["one", "two"], from: client)
            #expect(text(ends["one"])?.hasSuffix("heard one, two") == true)
            #expect(text(ends["two"])?.hasPrefix("heard one, two") == true)
        }
    }

    @Test func `a message that a turn did not take in is answered after it`() async throws {
        let held = HeldModels()
        let models = holding(held)
        let instance = try instance(#"{mode: "steer"}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await send("one", to: client)
            #expect(try await eventually { held.waiting == 1 })
            _ = try await send("two", to: client)
            #expect(try await eventually { door.gateway.services.runs.run("one")?.steering.count == 1 })
            held.open()
            let ends = try await ends(of: ["one", "two"], from: client)
            #expect(text(ends["one"]) == "heard one")
            #expect(text(ends["two"]) == "heard two")
        }
    }

    @Test func `who waits to steer can be stopped`() async throws {
        let held = HeldModels()
        let models = holding(held)
        let instance = try instance(#"{mode: "steer"}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await send("one", to: client)
            #expect(try await eventually { held.waiting == 1 })
            _ = try await send("two", to: client)
            #expect(try await eventually { door.gateway.services.runs.run("one")?.steering.count == 1 })
            _ = try await client.call("chat.abort", ["sessionKey": "main", "runId": "two"])
            #expect(try await eventually { door.gateway.services.runs.run("one")?.steering.count == 0 })
            held.open()
            let ends = try await ends(of: ["one", "two"], from: client)
            #expect(text(ends["one"]) == "heard one")
            #expect(ends["two"]?["state"] == "aborted")
        }
    }

    @Test func `a turn that goes on after a crash knows what steered it`() async throws {
        let lines: [KeptConversation.Line] = [
            line(1, "a", "user", "one"), line(2, "b", "assistant", "One moment."), line(3, "c", "user", "two"),
            line(4, "d", "toolResult", "result"),
            KeptConversation.Line(
                sequence: 5, id: "e",
                json: [
                    "type": "custom", "id": "e", "parentId": "d", "customType": "mazelclaw.steered",
                    "data": ["entryId": "c"],
                ]),
            line(6, "f", "user", "three"),
        ]
        let kept = KeptConversation(lines, answering: 1, begunAfter: 1)
        #expect(kept.messageID == "a")
        #expect(kept.steps.map(\.text) == ["One moment.", "two", "result"])
        // Without the line that says so it waits for its own turn.
        let others = KeptConversation(lines.filter { $0.id != "e" }, answering: 1, begunAfter: 1)
        #expect(others.steps.map(\.text) == ["One moment.", "result"])
    }

    private func line(_ place: Int64, _ id: String, _ role: String, _ text: String) -> KeptConversation.Line {
        let message: JSON = ["role": .string(role), "content": .string(text)]
        return KeptConversation.Line(
            sequence: place, id: id, json: ["type": "message", "id": .string(id), "message": message],
            message: TranscriptMessage(
                sequence: place, id: id, timestamp: .earliest, role: role, text: text, message: message))
    }

    @Test(arguments: ["old", "new", "summarize"])
    func `no more wait than may`(drop: String) async throws {
        let held = HeldModels()
        let models = holding(held)
        let instance = try instance(#"{cap: 2, drop: "\#(drop)"}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await send("one", to: client)
            #expect(try await eventually { held.waiting == 1 })
            for message in ["two", "three"] { _ = try await send(message, to: client) }
            let fourth = try await send("four", to: client)
            if drop == "new" {
                #expect(fourth?["error"]?["code"] == "UNAVAILABLE")
                #expect(fourth?["error"]?["retryable"] == true)
                held.open()
                let ends = try await ends(of: ["one", "two", "three"], from: client)
                #expect(text(ends["two"]) == "heard two")
            } else {
                #expect(fourth?["ok"] == true)
                held.open()
                let ends = try await ends(of: ["one", "two", "three", "four"], from: client)
                #expect(ends["two"]?["state"] == "aborted")
                #expect(ends["two"]?["stopReason"] == "queue")
                #expect(text(ends["four"])?.hasSuffix("four") == true)
                let isTold = text(ends["three"])?.contains(
                    "System: A message was left out because too many waited: two")
                #expect(isTold == (drop == "summarize"))
            }
        }
    }

    @Test func `a session has a queue of its own, as the message that sets it says`() async throws {
        let held = HeldModels()
        let models = holding(held)
        let instance = try instance(#"{mode: "collect"}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            func tell(_ message: String) async throws -> String? {
                _ = try await send(message, to: client)
                return text(try await ends(of: [message], from: client)[message])
            }
            #expect(try await tell("/queue")?.contains("(collect)") == true)
            let told = try await tell("/queue interrupt cap:3 drop:new debounce:2s")
            #expect(
                told
                    == "A message that comes while I answer ends the turn, and is answered next (interrupt). Up to 3 may wait; one more is refused."
            )
            #expect(try await tell("/queue often")?.contains("\"often\" is none of steer, followup") == true)
            let entry = try await door.gateway.services.store.session(SessionKey(agent: "main", rest: "main"))
            #expect(entry?.queueMode == .interrupt)
            #expect(entry?.queueDebounce == 2000)
            // At once, also while something is answered, and no part of the conversation.
            _ = try await send("one", to: client)
            #expect(try await eventually { held.waiting == 1 })
            #expect(try await tell("/queue default")?.contains("(collect)") == true)
            held.open()
            #expect(text(try await ends(of: ["one"], from: client)["one"]) == "heard one")
            #expect(models.asked.allSatisfy { $0.request.messages.map(\.line) == ["user: one"] })
            let history = try await client.call("chat.history", ["sessionKey": "main"])?["payload"]?["messages"]?.array
            #expect(history?.count == 2)
        }
    }

    @Test func `what a program asks for by agent waits, whatever the mode`() async throws {
        let held = HeldModels()
        let models = holding(held)
        let instance = try instance(#"{mode: "interrupt"}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await send("one", to: client)
            #expect(try await eventually { held.waiting == 1 })
            _ = try await client.call("agent", ["message": "two", "idempotencyKey": "two"])
            held.open()
            let ends = try await ends(of: ["one", "two"], from: client)
            #expect(text(ends["one"]) == "heard one")
            #expect(text(ends["two"]) == "heard two")
        }
    }
}
