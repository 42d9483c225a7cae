import JSON
import ModelServices
import Synchronization
import Testing
import Tools

@testable import AgentLoop

@Suite struct TurnLoopTests {
    private static let service: ServiceDescription = {
        guard let address = try? ServiceAddress("http://127.0.0.1:9/v1") else { preconditionFailure("an address") }
        return ServiceDescription(id: "test", address: address)
    }()

    private static let echo = TestTool("echo") { arguments, _ in ToolOutput("echo \(arguments["text"]?.string ?? "")") }
    private static let question = ModelContext([ModelContext.Entry(id: "u", .user([.text("go")]))])

    private let told = Told()
    private let journal = TestJournal()

    private func run(
        _ model: ScriptedModel, _ context: ModelContext = question, tools: [any Tool] = [echo],
        limits: LoopLimits = LoopLimits(), window: Int64? = nil, compaction: CompactionSettings = CompactionSettings(),
        price: ModelPrice = ModelPrice(), journal: TestJournal? = nil
    ) async throws -> TurnLoop.Result {
        var description = ModelDescription(id: "m", format: .chatCompletions)
        description.contextWindow = window
        description.price = price
        let loop = TurnLoop(
            client: model, model: description, service: Self.service, tools: ToolSet(tools), limits: limits,
            compaction: compaction)
        return try await loop.run(
            context, systemPrompt: "system", for: TurnLoop.Caller(agentID: "main", sessionKey: "agent:main:main"),
            journal: journal ?? self.journal
        ) { [told] in told.take($0) }
    }

    @Test func `a model is asked, its tool is called, and it is asked again with the result`() async throws {
        let model = ScriptedModel(.call("echo", ["text": "hi"], saying: "let me see"), .text("it said hi"))
        let result = try await run(model)
        #expect(result.answer.text == "it said hi")
        #expect(result.hasCalls)
        #expect(result.earlierUsage == ModelUsage(input: 1000, output: 100))
        #expect(journal.lines == [#"answer: let me see ["echo"]"#, "result of c1: echo hi"])
        #expect(told.lines == ["text let me see", "start echo", "end echo: echo hi", "text it said hi"])
        #expect(model.requests.map(\.messages.count) == [1, 3])
        #expect(model.requests[0].tools.map(\.name) == ["echo"])
        guard case .toolResult(let said)? = model.requests[1].messages.last else {
            Issue.record("no result")
            return
        }
        #expect(said == ToolResult(callID: "c1", toolName: "echo", content: [.text("echo hi")]))
        // Byte for byte, so that a service finds it in its cache.
        #expect(Set(model.requests.map(\.systemPrompt)) == ["system"])
    }

    @Test func `several calls of one answer are carried out in their order`() async throws {
        let calls = ["a", "b"].map {
            AnswerContent.toolCall(ToolCall(id: $0, name: "echo", arguments: ["text": .string($0)]))
        }
        _ = try await run(ScriptedModel(.answer(calls, .toolUse), .text("done")))
        #expect(journal.lines.dropFirst() == ["result of a: echo a", "result of b: echo b"])
    }

    @Test func `what cannot be called is a result that says why, and the model goes on`() async throws {
        let broken = ToolCall(id: "x", name: "echo", arguments: [:], malformedArguments: #"{"text": "#)
        let model = ScriptedModel(
            .answer([.toolCall(broken)], .toolUse), .call("nothing"), .call("fails"), .call("complains"), .text("I see")
        )
        struct Fault: Error, CustomStringConvertible { let description = "it broke" }
        let tools: [any Tool] = [
            Self.echo, TestTool("fails") { _, _ in throw Fault() },
            TestTool("complains") { _, _ in ToolOutput("not so", isError: true) },
        ]
        #expect(try await run(model, tools: tools).answer.text == "I see")
        let results = journal.lines.filter { $0.hasPrefix("result") }
        #expect(results[0].contains("no JSON object") && results[0].hasSuffix("(failed)"))
        #expect(results[1].contains("There is no tool \"nothing\". There are: echo, fails, complains."))
        #expect(results[2...] == ["result of c1: it broke (failed)", "result of c1: not so (failed)"])
    }

    @Test func `a tool tells how it goes on, and no result is longer than a model can bear`() async throws {
        let long = TestTool("long") { _, context in
            context.report(ToolOutput("half"))
            return ToolOutput(String(repeating: "ü", count: TurnLoop.resultLimit))
        }
        _ = try await run(ScriptedModel(.call("long"), .text("done")), tools: [long])
        #expect(told.lines[1] == "update long: half")
        let result = try #require(journal.lines.last)
        #expect(result.hasSuffix("[cut here: the result is longer than 128 KiB]"))
        #expect(result.utf8.count < TurnLoop.resultLimit + 100)
    }

    @Test func `a model in a circle is stopped`() async throws {
        let model = ScriptedModel(.call("echo", ["text": "again"]))
        await #expect(throws: TurnFailure.stopped(.repeated(tool: "echo", 5))) { try await run(model) }
        #expect(model.requests.count == 5)
        // Each call has its result, so that the conversation can go on.
        #expect(journal.lines.count == 10)
    }

    @Test func `a model that calls ever more is stopped by the number of requests, and by what it costs`() async throws
    {
        let numbers = Counter()
        let count = TestTool("count") { _, _ in ToolOutput("\(numbers.next())") }
        await #expect(throws: TurnFailure.stopped(.requests(7))) {
            try await run(ScriptedModel(.call("count")), tools: [count], limits: LoopLimits(requests: 7))
        }
        await #expect(throws: TurnFailure.stopped(.cost(4))) {
            // A thousand tokens for a dollar each.
            try await run(
                ScriptedModel(.call("count")), tools: [count], limits: LoopLimits(cost: 3.5),
                price: ModelPrice(input: 1000))
        }
    }

    @Test func `it ends at once when nobody wants it, while a model or a tool is at work`() async throws {
        let model = ScriptedModel(.silence)
        let asking = Task { try await run(model) }
        await model.waitForSilence()
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }

        let (began, begin) = AsyncStream.makeStream(of: Void.self)
        let slow = TestTool("slow") { _, _ in
            begin.yield()
            try await Task.sleep(for: .seconds(3600))
            return ToolOutput("late")
        }
        let calling = Task { try await run(ScriptedModel(.call("slow"), .text("never")), tools: [slow]) }
        for await _ in began { break }
        calling.cancel()
        await #expect(throws: CancellationError.self) { try await calling.value }
        #expect(journal.lines == [#"answer:  ["slow"]"#])
    }

    @Test func `a service that takes no tools is asked without them`() async throws {
        let model = ScriptedModel(
            .failure(ModelFailure(.rejected, "registry/small:1b does not support tools", status: 400)), .text("hello"))
        #expect(try await run(model).answer.text == "hello")
        #expect(model.requests.map(\.tools.count) == [1, 0])
        #expect(told.lines == ["without tools", "text hello"])
        let other = ScriptedModel(.failure(ModelFailure(.rejected, "no such parameter", status: 400)))
        await #expect(throws: TurnFailure.self) { try await run(other) }
        #expect(other.requests.count == 1)
    }

    @Test func `what cannot be kept ends the turn`() async throws {
        struct Full: Error {}
        await #expect(throws: Full.self) {
            try await run(ScriptedModel(.call("echo")), journal: TestJournal(fault: Full()))
        }
    }

    // MARK: Compaction

    /// A conversation of turns with a call each, of which every message takes about 108 tokens.
    private func conversation(turns: Int) -> ModelContext {
        let words = String(repeating: "word", count: 100)
        var entries: [ModelContext.Entry] = []
        for turn in 1...turns {
            let call = ToolCall(id: "call-\(turn)", name: "echo", arguments: ["text": .string(words)])
            let answer = ModelAnswer([.toolCall(call)], from: ScriptedModel.source, stopReason: .toolUse)
            let result = ToolResult(callID: call.id, toolName: "echo", content: [.text(words)])
            entries += [
                ModelContext.Entry(id: "user-\(turn)", .user([.text(words)])),
                ModelContext.Entry(id: "call-\(turn)", .assistant(answer)),
                ModelContext.Entry(id: "result-\(turn)", .toolResult(result)),
            ]
        }
        return ModelContext(entries + [ModelContext.Entry(id: "last", .user([.text("and now?")]))])
    }

    @Test func `a call is never cut off from its result`() {
        let context = conversation(turns: 10)
        for tokens in stride(from: Int64(0), through: 4000, by: 10) {
            guard let place = context.cut(keeping: tokens) else { continue }
            #expect(!context.entries[place].message.isToolResult)
            #expect(place > 0)
        }
        #expect(context.cut(keeping: 150).map { context.entries[$0].id } == "call-10")
        #expect(context.cut(keeping: 1_000_000) == nil)
        #expect(ModelContext().cut(keeping: 0) == nil)
    }

    @Test func `a conversation that leaves too little room is summed up before the model is asked`() async throws {
        let model = ScriptedModel(.text("they talked of words"), .text("nothing new"))
        let result = try await run(
            model, conversation(turns: 10), window: 4000, compaction: CompactionSettings(reserve: 1000, kept: 500))
        #expect(result.answer.text == "nothing new")
        let compaction = try #require(journal.compactions.first)
        #expect(compaction.summary == "they talked of words")
        #expect(compaction.firstKeptID == "call-9")
        #expect(compaction.tokensBefore > 3000)
        #expect(compaction.usage == ModelUsage(input: 1000, output: 100))
        #expect(result.earlierUsage == compaction.usage)
        let (summing, asking) = (model.requests[0], model.requests[1])
        #expect(summing.tools.isEmpty)
        #expect(summing.messages.count == 1)
        #expect(asking.messages.count == 7)
        guard case .user(let first)? = asking.messages.first, case .text(let text)? = first.first else {
            Issue.record("no summary")
            return
        }
        #expect(text.contains("they talked of words"))
        // Once: what stays is short enough.
        #expect(model.requests.count == 2)
    }

    @Test func `a conversation the service finds too long is summed up once, and put to it again`() async throws {
        let overflow = ScriptedModel.Step.failure(ModelFailure(.contextOverflow, "too long"))
        let model = ScriptedModel(overflow, .text("in short"), .text("here"))
        #expect(try await run(model, conversation(turns: 10)).answer.text == "here")
        #expect(journal.lines == ["summary: in short"])
        let stubborn = ScriptedModel(overflow, .text("in short"), overflow)
        let failure = ModelFailure(.contextOverflow, "too long")
        await #expect(throws: TurnFailure.model(failure)) { try await run(stubborn, conversation(turns: 10)) }
        #expect(stubborn.requests.count == 3)
    }

    @Test func `without a summary the oldest messages are left out`() async throws {
        let model = ScriptedModel(.failure(ModelFailure(.overloaded, "no time")), .text("here"))
        let result = try await run(model, conversation(turns: 10), window: 3000)
        #expect(result.answer.text == "here")
        #expect(told.lines.first == "no summary: overloaded")
        let messages = model.requests[1].messages
        #expect(messages.count < 31 && messages.count > 3)
        #expect(messages.first?.isByUser == true)
        #expect(journal.lines.isEmpty)
    }

    @Test func `an earlier summary is summed up with the rest`() async throws {
        var context = conversation(turns: 10)
        context.summary = "once there was a plan"
        let model = ScriptedModel(.text("all of it"), .text("here"))
        _ = try await run(model, context, window: 4000)
        guard case .user(let content)? = model.requests[0].messages.first, case .text(let text)? = content.first else {
            Issue.record("no request")
            return
        }
        #expect(text.contains("once there was a plan"))
        #expect(text.contains("Assistant calls echo with"))
    }
}

/// Counts from 1.
private final class Counter: Sendable {
    private let number = Mutex(0)

    func next() -> Int {
        number.withLock { number in
            number += 1
            return number
        }
    }
}
