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

/// Agents that model services answer for.
@Suite struct ModelTests {
    private func say(
        _ message: String, run: String, session: String = "main", to client: any ProtocolClient
    ) async throws -> JSON? {
        _ = try await client.call(
            "chat.send",
            ["sessionKey": .string(session), "message": .string(message), "idempotencyKey": .string(run)], id: run)
        while let event = try await client.event("chat") {
            if event["runId"]?.string == run, event["state"] != "delta" { return event }
        }
        return nil
    }

    private func text(_ event: JSON?) -> String? {
        event?["message"]?["content"]?.array?.compactMap { $0["text"]?.string }.joined()
    }

    @Test(arguments: Carrier.allCases)
    func `a model is told the conversation so far, and its answer is kept with what it cost`(carrier: Carrier)
        async throws
    {
        let models = TestModels.echoing()
        let instance = try TestInstance.withModels()
        try await instance.open(carrier, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            #expect(text(try await say("first", run: "1", to: client)) == "small hears first")
            #expect(text(try await say("second", run: "2", to: client)) == "small hears second")
            let asked = models.asked
            #expect(asked.map(\.model) == ["one/small", "one/small"])
            #expect(
                asked[1].request.messages.map(\.line) == [
                    "user: first", "assistant: small hears first", "user: second",
                ])
            #expect(asked[0].request.systemPrompt == asked[1].request.systemPrompt)
            #expect(asked[0].request.systemPrompt?.contains("agent:main:main") == true)
            // It is given back what it signed.
            guard case .assistant(let answer) = asked[1].request.messages[1] else {
                Issue.record("no answer")
                return
            }
            #expect(answer.content.first == .thinking(Thinking("hm", signature: "signed")))
            #expect(answer.source == ModelIdentity(provider: "one", model: "small", format: .chatCompletions))
            let history = try await client.call("chat.history", ["sessionKey": "main"])?["payload"]?["messages"]?.array
            let message = try #require(history?.last)
            #expect(message["provider"] == "one")
            #expect(message["model"] == "small")
            #expect(message["api"] == "openai-completions")
            #expect(message["stopReason"] == "stop")
            #expect(message["usage"]?["totalTokens"] == 6100)
            let cost = try #require(message["usage"]?["cost"]?["total"]?.number)
            #expect(abs(cost - 0.006) < 1e-9)
            let session = try await client.call("sessions.list", [:])?["payload"]?["sessions"]?.array?.first
            #expect(session?["model"] == "small")
            #expect(session?["modelProvider"] == "one")
            #expect(session?["totalTokens"] == 12_200)
        }
    }

    @Test func `an answer is told as it grows, and let go at once when nobody wants it`() async throws {
        let isCancelled = Mutex(false)
        let models = TestModels { _, model, receive in
            await receive(.start)
            await receive(.blockStart(0, .text))
            await receive(.blockDelta(0, .text, "Grü"))
            await receive(.blockDelta(0, .text, "ße"))
            await withTaskCancellationHandler {
                try? await Task.sleep(for: .seconds(600))
            } onCancel: {
                isCancelled.withLock { $0 = true }
            }
            await receive(.failure(.aborted, by: model))
        }
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await client.call(
                "chat.send", ["sessionKey": "main", "message": "hello", "idempotencyKey": "r"], id: "r")
            let first = try await client.event("chat")
            #expect(first?["state"] == "delta")
            #expect(text(first) == "Grü")
            _ = try await client.call("chat.abort", ["sessionKey": "main", "runId": "r"])
            #expect(try await eventually { isCancelled.withLock(\.self) })
            // The event may have been passed over while the answer to the request was waited for.
            let kept = try await eventually {
                let history = try await client.call("chat.history", ["sessionKey": "main"])?["payload"]?["messages"]
                return history?.array?.last?["stopReason"] == "aborted"
            }
            #expect(kept)
        }
    }

    @Test func `of an answer that was aborted the model is not told again`() async throws {
        let count = Mutex(0)
        let models = TestModels { request, model, receive in
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            if isFirst {
                await receive(.blockDelta(0, .text, "half"))
                await receive(.failure(.broken, by: model))
            } else {
                await receive(.answer("whole", by: model))
            }
        }
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            let failed = try await say("first", run: "1", to: client)
            #expect(failed?["state"] == "error")
            #expect(failed?["errorMessage"]?.string?.contains("one/small") == true)
            #expect(text(failed) == "half")
            #expect(text(try await say("second", run: "2", to: client)) == "whole")
            guard case .assistant(let kept)? = models.asked[1].request.messages.dropFirst().first else {
                Issue.record("\(models.asked[1].request.messages)")
                return
            }
            // `ModelServices` leaves it out when the request is written.
            #expect(kept.stopReason == .error)
        }
    }

    @Test func `when a model fails the next is asked, and first for a while`() async throws {
        let isDown = Mutex(true)
        let models = TestModels { request, model, receive in
            let fails = model.provider == "one" && isDown.withLock(\.self)
            await receive(fails ? .failure(.overloaded, by: model) : .answer("\(model.provider) answers", by: model))
        }
        let instance = try TestInstance.withModels(#"{primary: "one/small", fallbacks: ["two/other"]}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            #expect(text(try await say("a", run: "1", to: client)) == "two answers")
            isDown.withLock { $0 = false }
            #expect(text(try await say("b", run: "2", to: client)) == "two answers")
            #expect(models.asked.map(\.model) == ["one/small", "two/other", "two/other"])
            // What the other model signed it is not given.
            guard case .assistant(let answer)? = models.asked[2].request.messages.dropFirst().first else {
                Issue.record("no answer")
                return
            }
            #expect(answer.source.provider == "two")
        }
    }

    @Test func `messages that wait are not answered early, and each has the answers before it`() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let models = TestModels { request, model, receive in
            if request.messages.last?.words == "first" { for await _ in gate { break } }
            await receive(.answer("to \(request.messages.last?.words ?? "")", by: model))
        }
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            for message in ["first", "second", "third"] {
                _ = try await client.call(
                    "chat.send",
                    ["sessionKey": "main", "message": .string(message), "idempotencyKey": .string(message)], id: message
                )
            }
            open.yield()
            var ended = 0
            while ended < 3, let event = try await client.event("chat") { ended += event["state"] == "final" ? 1 : 0 }
            #expect(
                models.asked.map { $0.request.messages.map(\.line) } == [
                    ["user: first"], ["user: first", "assistant: to first", "user: second"],
                    ["user: first", "user: second", "assistant: to first", "assistant: to second", "user: third"],
                ])
        }
    }

    @Test func `a model that wants a tool that is not there is told so, and stopped when it goes on`() async throws {
        let models = TestModels { _, model, receive in
            await receive(
                .done(
                    ModelAnswer(
                        [.toolCall(ToolCall(id: "1", name: "exec", arguments: [:]))], from: model, stopReason: .toolUse)
                ))
        }
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let event = try await say("go", run: "1", to: try await door.connected())
            #expect(event?["state"] == "error")
            #expect(event?["errorMessage"]?.string?.contains("it called exec 5 times in the same way") == true)
            let told = models.asked.last?.request.messages.last
            guard case .toolResult(let result)? = told, case .text(let text)? = result.content.first else {
                Issue.record("no result")
                return
            }
            #expect(result.isError)
            #expect(text.hasPrefix("There is no tool \"exec\"."))
        }
    }

    @Test func `how much a session thinks, and what the configuration adds, goes to the model`() async throws {
        let models = TestModels.echoing()
        let instance = try TestInstance(
            configuration: """
                {gateway: {mode: "local", auth: {token: "\(TestInstance.token)"}},
                 agents: {defaults: {thinkingDefault: "low", model: {primary: "one/m"},
                  models: {"one/m": {params: {temperature: 0.2, stream: false}}}}},
                 models: {providers: {one: {baseUrl: "http://127.0.0.1:9/v1", models: [{id: "m", name: "M", reasoning: true}]}}}}
                """)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            _ = try await say("a", run: "1", to: client)
            _ = try await client.call("sessions.patch", ["key": "main", "thinkingLevel": "high"])
            _ = try await say("b", run: "2", to: client)
            _ = try await client.call("sessions.patch", ["key": "main", "thinkingLevel": "off"])
            _ = try await say("c", run: "3", to: client)
            // A session's "off" is no setting: the configuration's counts again.
            #expect(models.asked.map(\.request.parameters.effort) == [.low, .high, .low])
            #expect(models.asked[0].request.parameters.more == ["temperature": 0.2, "stream": false])
        }
    }

    @Test func `the models there are are listed, and a session can be given one of them and no other`() async throws {
        let models = TestModels.echoing()
        let instance = try TestInstance.withModels()
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            let list = try await client.call("models.list", [:])?["payload"]?["models"]
            #expect(
                list == [
                    ["id": "small", "name": "Small", "provider": "one", "contextWindow": 8000, "reasoning": false],
                    ["id": "large", "name": "Large", "provider": "one", "reasoning": true],
                    ["id": "other", "name": "Other", "provider": "two", "reasoning": false],
                ])
            let unknown = try await client.call("sessions.patch", ["key": "main", "model": "one/nothing"])
            #expect(unknown?["error"]?["message"] == "model not allowed: one/nothing")
            let known = try await client.call("sessions.patch", ["key": "main", "model": "two/other"])
            #expect(known?["ok"] == true)
            #expect(text(try await say("hi", run: "1", to: client)) == "other hears hi")
        }
    }

    @Test func `a service that cannot be asked is named at the start, and the others can`() throws {
        let instance = try TestInstance(
            configuration: """
                {gateway: {mode: "local", auth: {token: "\(TestInstance.token)"}},
                 models: {providers: {
                  a: {baseUrl: "nowhere", models: [{id: "m", name: "M"}]},
                  b: {baseUrl: "https://b", api: "google-generative-ai", models: [{id: "m", name: "M"}]},
                  c: {baseUrl: "https://c", models: []},
                  d: {baseUrl: "https://d", models: [{id: "m", name: "M"}, {id: "n", name: "N", api: "github-copilot"}]}}}}
                """)
        let agents = instance.agents(answeredBy: .echoing())
        #expect(agents.models.map { "\($0.name)" } == ["d/m"])
        #expect(agents.faults.count == 5)
        #expect(agents.faults.first?.hasPrefix("models.providers.a.baseUrl cannot be used: ") == true)
    }

    @Test func `what answers took and cost adds up, by day`() async throws {
        let clock = TestClock(at: 1_760_000_000_000)
        let models = TestModels.echoing()
        let instance = try TestInstance.withModels(#"{primary: "one/small", fallbacks: []}"#)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models), clock: clock.clock) { door in
            let client = try await door.connected()
            let empty = try await client.call("usage.cost", [:])?["payload"]
            #expect(empty?["daily"] == [])
            #expect(empty?["totals"]?["totalTokens"] == 0)
            _ = try await say("a", run: "1", to: client)
            _ = try await say("b", run: "2", to: client)
            clock.advance(by: 86_400_000)
            _ = try await client.call("sessions.patch", ["key": "main", "model": "two/other"])
            _ = try await say("c", run: "3", to: client)
            let answer = try await client.call("usage.cost", ["days": 2])?["payload"]
            #expect(answer?["days"] == 2)
            let daily = try #require(answer?["daily"]?.array)
            #expect(daily.map { $0["date"] } == ["2025-10-09", "2025-10-10"])
            #expect(daily.map { $0["totalTokens"] } == [12_200, 6100])
            #expect(abs((daily[0]["totalCost"]?.number ?? 0) - 0.012) < 1e-9)
            #expect(daily[1]["totalCost"]?.number == 0)
            #expect(answer?["totals"]?["cacheRead"] == 15_000)
            #expect(answer?["totals"]?["missingCostEntries"] == 0)
            #expect(try await client.call("usage.cost", ["days": 1])?["payload"]?["daily"]?.array?.count == 1)
            #expect(try await client.call("usage.cost", ["days": 0])?["ok"] == false)
            #expect(try await client.call("usage.status", [:])?["payload"]?["providers"] == [])
        }
    }
}
