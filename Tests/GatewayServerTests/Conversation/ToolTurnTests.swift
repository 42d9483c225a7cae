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

/// Turns in which models call tools.
@Suite struct ToolTurnTests {
    /// Models that call `agents_list`, and then say how many agents there are.
    private func counting() -> TestModels {
        TestModels { request, model, receive in
            if case .toolResult(let result)? = request.messages.last {
                let text = result.content.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
                let agents = (try? JSON(parsing: Array(text.utf8)))?["agents"]?.array ?? []
                await receive(.answer("there are \(agents.count)", by: model))
            } else {
                await receive(.blockDelta(0, .thinking, "I had better look"))
                await receive(.blockDelta(1, .text, "One moment."))
                await receive(.call("agents_list", by: model, saying: "One moment."))
            }
        }
    }

    private func events(of run: String, from client: any ProtocolClient) async throws -> [JSON] {
        var events: [JSON] = []
        while let event = try await client.event("agent") {
            guard event["runId"]?.string == run else { continue }
            events.append(event)
            if event["stream"] == "lifecycle", event["data"]?["phase"] != "start" { break }
        }
        return events
    }

    private func send(_ message: String, run: String, to client: any ProtocolClient) async throws {
        _ = try await client.call(
            "chat.send", ["sessionKey": "main", "message": .string(message), "idempotencyKey": .string(run)], id: run)
    }

    @Test(arguments: Carrier.allCases)
    func `a model calls a tool, clients hear of it, and the transcript keeps every step`(carrier: Carrier) async throws
    {
        let models = counting()
        let instance = try TestInstance.withModels()
        try await instance.open(carrier, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await client.call("sessions.patch", ["key": "main", "verboseLevel": "full"])
            try await send("how many?", run: "1", to: client)
            let events = try await events(of: "1", from: client)
            let steps = events.map { "\($0["stream"]?.string ?? "") \($0["data"]?["phase"]?.string ?? "")" }
            #expect(
                steps.filter { !$0.hasPrefix("assistant") } == [
                    "lifecycle start", "thinking ", "tool start", "tool result", "lifecycle end",
                ])
            let start = try #require(events.first { $0["data"]?["phase"] == "start" && $0["stream"] == "tool" })
            #expect(start["data"] == ["phase": "start", "name": "agents_list", "toolCallId": "call-1", "args": [:]])
            let result = try #require(events.first { $0["data"]?["phase"] == "result" })?["data"]
            #expect(result?["isError"] == false)
            #expect(result?["result"]?["details"]?["requester"] == "main")
            #expect(events.last { $0["stream"] == "assistant" }?["data"]?["text"] == "One moment.\n\nthere are 1")

            let history = try #require(
                try await client.call("chat.history", ["sessionKey": "main"])?["payload"]?["messages"]?.array)
            #expect(history.map { $0["role"] } == ["user", "assistant", "toolResult", "assistant"])
            #expect(history[1]["stopReason"] == "toolUse")
            #expect(
                history[1]["content"]?.array?.last == [
                    "type": "toolCall", "id": "call-1", "name": "agents_list", "arguments": [:],
                ])
            #expect(history[1]["usage"]?["totalTokens"] == 6100)
            #expect(history[2]["toolCallId"] == "call-1")
            #expect(history[2]["toolName"] == "agents_list")
            #expect(history[2]["isError"] == false)
            #expect(history[3]["content"]?.array?.last?["text"] == "there are 1")
            #expect(history[3]["usage"]?["totalTokens"] == 6100)
            let totals = try await client.call("usage.cost", [:])?["payload"]?["totals"]
            #expect(totals?["totalTokens"] == 12_200)
            let session = try await client.call("sessions.list", [:])?["payload"]?["sessions"]?.array?.first
            #expect(session?["totalTokens"] == 12_200)

            // The next turn goes on from all of it.
            try await send("and now?", run: "2", to: client)
            _ = try await self.events(of: "2", from: client)
            #expect(
                models.asked[2].request.messages.map(\.line) == [
                    "user: how many?", "assistant: One moment.", "tool: result of call-1", "assistant: there are 1",
                    "user: and now?",
                ])
        }
    }

    @Test func `what tools do is told as the session wants it`() async throws {
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: counting())) { door in
            let client = try await door.connected()
            try await send("quietly", run: "1", to: client)
            #expect(try await events(of: "1", from: client).allSatisfy { $0["stream"] != "tool" })
            _ = try await client.call("sessions.patch", ["key": "main", "verboseLevel": "on"])
            try await send("/new", run: "2", to: client)
            _ = try await events(of: "2", from: client)
            try await send("aloud", run: "3", to: client)
            var phases: [String] = []
            for event in try await events(of: "3", from: client) where event["stream"]?.string == "tool" {
                phases.append(event["data"]?["phase"]?.string ?? "")
                #expect(event["data"]?["result"] == nil)
            }
            #expect(phases == ["start", "result"])
        }
    }

    @Test func `who asks for a run hears all that was said, and what it took`() async throws {
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: counting())) { door in
            let client = try await door.connected()
            _ = try await client.call("agent", ["message": "how many?", "idempotencyKey": "r"], id: "r")
            var result: JSON?
            while result == nil, let frame = try await client.frame() {
                if frame["type"] == "res", frame["id"] == "r" { result = frame["payload"]?["result"] ?? .null }
            }
            #expect(result?["payloads"]?.array?.first?["text"] == "One moment.\n\nthere are 1")
            #expect(result?["meta"]?["agentMeta"]?["usage"]?["totalTokens"] == 12_200)
        }
    }

    @Test func `a model in a circle is stopped with a sentence, and no other is asked`() async throws {
        let models = TestModels { _, model, receive in await receive(.call("agents_list", by: model)) }
        let instance = try TestInstance.withModels(#"{primary: "one/small", fallbacks: ["two/other"]}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            try await send("go", run: "1", to: client)
            let end = try #require(try await events(of: "1", from: client).last)
            #expect(end["data"]?["phase"] == "error")
            let sentence = end["data"]?["error"]?.string ?? ""
            #expect(sentence.contains("it called agents_list 5 times in the same way"))
            #expect(sentence.contains("agents.defaults.loopGuard.maxRepeats"))
            #expect(models.asked.map(\.model) == Array(repeating: "one/small", count: 5))
        }
    }

    @Test func `when a model fails in the middle of a turn, the next goes on from there`() async throws {
        let models = TestModels { request, model, receive in
            if case .toolResult? = request.messages.last {
                await receive(model.provider == "one" ? .failure(.overloaded, by: model) : .answer("done", by: model))
            } else {
                await receive(.call("agents_list", by: model))
            }
        }
        let instance = try TestInstance.withModels(#"{primary: "one/small", fallbacks: ["two/other"]}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            try await send("go", run: "1", to: client)
            #expect(try await events(of: "1", from: client).last?["data"]?["phase"] == "end")
            #expect(models.asked.map(\.model) == ["one/small", "one/small", "two/other"])
            #expect(
                models.asked[2].request.messages.map(\.line) == ["user: go", "assistant: ", "tool: result of call-1"])
        }
    }

    @Test func `a long conversation is summed up, and goes on from the summary`() async throws {
        let models = TestModels { request, model, receive in
            let isSumming = request.systemPrompt?.hasPrefix("You sum up") == true
            await receive(.answer(isSumming ? "they counted" : "counted", by: model))
        }
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            for number in 1...5 {
                try await send("\(number) \(String(repeating: "x", count: 6000))", run: "\(number)", to: client)
                _ = try await events(of: "\(number)", from: client)
            }
            let summing = models.asked.filter { $0.request.systemPrompt?.hasPrefix("You sum up") == true }
            #expect(summing.count == 1)
            let last = try #require(models.asked.last?.request.messages)
            #expect(last[0].words.contains("they counted"))
            #expect(last.count < 8)
            let session = try await client.call("sessions.list", [:])?["payload"]?["sessions"]?.array?.first
            #expect(session?["totalTokens"] == 36_600)
            let totals = try await client.call("usage.cost", [:])?["payload"]?["totals"]
            #expect(totals?["totalTokens"] == 36_600)
            // People see all of it.
            let history = try await client.call("chat.history", ["sessionKey": "main"])?["payload"]?["messages"]?.array
            #expect(history?.count == 10)
        }
    }

    @Test func `a conversation is summed up when somebody asks for it, as a method or in it`() async throws {
        let models = TestModels { request, model, receive in
            let isSumming = request.systemPrompt?.hasPrefix("You sum up") == true
            await receive(.answer(isSumming ? "they talked" : "yes", by: model))
        }
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            let nothing = try await client.call("sessions.compact", ["key": "main"])?["payload"]
            #expect(nothing?["reason"] == "no sessionId")
            for number in 1...2 {
                try await send("number \(number)", run: "\(number)", to: client)
                _ = try await events(of: "\(number)", from: client)
            }
            let done = try await client.call("sessions.compact", ["key": "main"])?["payload"]
            #expect(done?["compacted"] == true)
            #expect(done?["tokensBefore"]?.integer ?? 0 > 0)
            try await send("/compact", run: "c", to: client)
            let end = try await events(of: "c", from: client).last { $0["stream"] == "assistant" }
            #expect(
                end?["data"]?["text"]?.string?.hasPrefix("The older part of this conversation was summed up") == true)
            try await send("and now?", run: "3", to: client)
            _ = try await events(of: "3", from: client)
            let last = try #require(models.asked.last?.request.messages)
            #expect(last.first?.words.contains("they talked") == true)
            #expect(!last.contains { $0.words.contains("number 1") || $0.words == "/compact" })
            // Lines are put away as before when a number is said.
            let lines = try await client.call("sessions.compact", ["key": "main", "maxLines": 1])?["payload"]
            #expect(lines?["archived"]?.string != nil)
        }
    }

    @Test func `a program calls a tool over HTTP`() async throws {
        let instance = try TestInstance.withModels()
        try await instance.serve(instance.gateway(agents: instance.agents(answeredBy: .echoing()))) { _ in
            let answer = try await instance.exchange(post: #"{"tool": "agents_list"}"#)
            #expect(answer.status == 200)
            #expect(answer.json?["result"]?["details"]?["defaultId"] == "main")
            let dry = try await instance.exchange(post: #"{"tool": "agents_list", "dryRun": true}"#)
            #expect(dry.json == ["ok": true, "dryRun": true])
            let wrong = try await instance.exchange(post: #"{"tool": "agents_list", "args": [1]}"#)
            #expect(wrong.status == 400)
            let unknown = try await instance.exchange(post: #"{"tool": "exec"}"#)
            #expect(unknown.status == 404)
        }
    }
}

extension TestInstance {
    fileprivate func exchange(post body: String) async throws -> HTTPAnswer {
        try await exchange(
            "POST /tools/invoke HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer \(Self.token)\r\n"
                + "content-length: \(body.utf8.count)\r\nconnection: close\r\n\r\n\(body)")
    }
}

extension ModelEvent {
    /// The end of an answer that calls the tool `name`.
    static func call(
        _ name: String, _ arguments: JSONObject = [:], by model: ModelIdentity, saying text: String? = nil
    ) -> ModelEvent {
        let call = AnswerContent.toolCall(ToolCall(id: "call-1", name: name, arguments: arguments))
        return .done(
            ModelAnswer(
                (text.map { [.text(AnswerText($0))] } ?? []) + [call], from: model,
                usage: ModelUsage(input: 1000, output: 100, cacheRead: 5000), stopReason: .toolUse))
    }
}
