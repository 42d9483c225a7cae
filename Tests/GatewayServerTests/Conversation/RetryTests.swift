import AgentLoop
import Foundation
import JSON
import ModelServices
import Policy
import Synchronization
import Testing
import Tools

@testable import Configuration
@testable import Gateway
@testable import GatewayProtocol
@testable import Storage
@testable import Time

/// Runs that a crash cut off.
@Suite struct RetryTests {
    private let key = SessionKey(agent: "main", rest: "main")

    /// What a killed process leaves in the database of `instance`: a run that was promised, and what `body` does.
    private func leave(
        in instance: TestInstance, _ message: String = "go", run name: String = "r",
        waiting others: [String] = [],
        _ body: (ConversationStore, ActiveRun, ActiveRun.Kept) async throws -> Void = { _, _, _ in }
    ) async throws {
        let database = try InstanceDatabase(stateDirectory: instance.configuration.instance.stateDirectory.value)
        let store = ConversationStore(database: database, settings: Current(SessionSettings()))
        var request = RunRequest(
            space: .chat, key: name, sessionKey: key, clientSessionKey: "main", agentID: "main", message: message)
        request.isPromised = true
        let table = RunTable(clock: .system)
        let run = try table.claim(request).run
        guard case .kept(let kept) = try await store.accept(run) else { throw CancellationError() }
        // It stood first in its line: message, run and the mark that it began were written at once.
        #expect(kept.begunAfter == kept.place)
        try await body(store, run, kept)
        for name in others {
            (request.key, request.message) = (name, "message \(name)")
            guard case .kept(let kept) = try await store.accept(try table.claim(request).run) else { continue }
            #expect(kept.begunAfter == nil)
        }
        try database.close()
    }

    private func history(_ client: any ProtocolClient) async throws -> [String] {
        let messages = try await client.call("chat.history", ["sessionKey": "main"])?["payload"]?["messages"]?.array
        return (messages ?? []).map { message in
            let text = message["content"]?.array?.compactMap { $0["text"]?.string }.joined() ?? ""
            return "\(message["role"]?.string ?? ""): \(text)"
        }
    }

    private func end(of run: String, _ client: any ProtocolClient) async throws -> JSON? {
        try await client.call("agent.wait", ["runId": .string(run), "timeoutMs": 60_000])?["payload"]
    }

    @Test func `a message that was acknowledged is answered after the next start, once`() async throws {
        let models = TestModels.echoing()
        let instance = try TestInstance.withModels()
        try await leave(in: instance)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            #expect(try await end(of: "r", client)?["status"] == "ok")
            let again = try await client.call(
                "chat.send", ["sessionKey": "main", "message": "go", "idempotencyKey": "r"])?["payload"]
            #expect(again?["status"] == "ok")
            #expect(try await history(client) == ["user: go", "assistant: small hears go"])
            #expect(models.asked.count == 1)
        }
    }

    @Test func `who asks again while it goes on finds it under way`() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let models = TestModels { _, model, receive in
            for await _ in gate { break }
            await receive(.answer("here", by: model))
        }
        let instance = try TestInstance.withModels()
        try await leave(in: instance)
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            let again = try await client.call(
                "chat.send", ["sessionKey": "main", "message": "go", "idempotencyKey": "r"])?["payload"]
            #expect(again?["status"] == "in_flight")
            open.yield()
            #expect(try await end(of: "r", client)?["status"] == "ok")
        }
    }

    @Test func `a turn with tools goes on from its last step`() async throws {
        let models = TestModels.echoing()
        let instance = try TestInstance.withModels()
        try await leave(in: instance) { store, run, kept in
            let source = ModelIdentity(provider: "one", model: "small", format: .chatCompletions)
            let answer = ModelAnswer(
                [.toolCall(ToolCall(id: "c", name: "agents_list", arguments: [:]))], from: source, stopReason: .toolUse)
            let journal = RunJournal(
                sessionKey: key, sessionID: kept.sessionID, store: store, clock: .system, voice: run.voice)
            _ = try await journal.keep(.answer(answer, ModelPrice().cost(of: ModelUsage())))
            let result = ToolResult(callID: "c", toolName: "agents_list", content: [.text("one")])
            _ = try await journal.keep(.result(result, ToolOutput("one")))
        }
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            #expect(try await end(of: "r", client)?["status"] == "ok")
            #expect(
                models.asked.map { $0.request.messages.map(\.line) } == [
                    ["user: go", "assistant: ", "tool: result of c"]
                ])
            #expect(try await history(client).count == 4)
        }
    }

    @Test func `a turn that crashes cut off four times is told, and not tried again`() async throws {
        let models = TestModels.echoing()
        let instance = try TestInstance.withModels()
        try await leave(in: instance) { store, run, kept in
            for _ in 1...3 {
                _ = try await store.begin(run, ActiveRun.Kept(sessionID: kept.sessionID, place: kept.place))
            }
        }
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            let end = try await end(of: "r", client)
            #expect(end?["status"] == "error")
            #expect(end?["error"]?.string?.hasPrefix("the gateway ended 4 times while this was being answered") == true)
            #expect(models.asked.isEmpty)
            let said = try await history(client)
            #expect(said.count == 2 && said[1].hasPrefix("assistant: Not answered: the gateway ended 4 times"))
            #expect(try await door.gateway.services.store.session(key)?.abortedLastRun == true)
        }
    }

    @Test func `messages that waited are answered after it, in their order`() async throws {
        let models = TestModels.echoing()
        let instance = try TestInstance.withModels()
        try await leave(in: instance, "first", run: "1", waiting: ["2", "3"])
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            let client = try await door.connected()
            #expect(try await end(of: "3", client)?["status"] == "ok")
            #expect(models.asked.map { $0.request.messages.last?.words } == ["first", "message 2", "message 3"])
        }
    }
}
