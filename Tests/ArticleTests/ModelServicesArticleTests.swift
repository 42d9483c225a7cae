import JSON
import ModelServices
import Synchronization
import Testing
import Text

/// What the article "Ask a model" shows, line by line; ArchitectureTests compares the two.
@Suite struct ModelServicesArticleTests {
    /// Answers with a call of the tool `clock`, and then with the time it was told.
    private struct Clockmaker: ModelAnswering {
        func answer(
            _ request: ModelRequest, by model: ModelDescription, of service: ServiceDescription,
            receive hear: @escaping @Sendable (ModelEvent) async -> Void
        ) async {
            let source = ModelIdentity(provider: service.id, model: model.id, format: model.format)
            if case .toolResult(let result) = request.messages.last, case .text(let time) = result.content.first {
                await hear(.blockDelta(0, .text, time))
                await hear(.done(ModelAnswer([.text(AnswerText(time))], from: source, stopReason: .stop)))
            } else {
                let call = ToolCall(id: "c1", name: request.tools[0].name, arguments: [:])
                await hear(.done(ModelAnswer([.toolCall(call)], from: source, stopReason: .toolUse)))
            }
        }
    }

    /// What a program does with an answer.
    private final class Output: Sendable {
        private let content = Mutex((text: "", answer: ModelAnswer?.none))
        var text: String { content.withLock(\.text) }
        var answer: ModelAnswer? { content.withLock(\.answer) }
        func write(_ text: String) { content.withLock { $0.text += text } }
        func end(_ answer: ModelAnswer) { content.withLock { $0.answer = answer } }
    }

    @Test func `a model is asked, calls a tool, and goes on`() async throws {
        let (client, output) = (Clockmaker(), Output())
        let environment = ["API_KEY": "sk-1"]
        let service = ServiceDescription(
            id: "local", address: try ServiceAddress("http://127.0.0.1:11434/v1"),
            key: Secret(environment["API_KEY"] ?? ""))
        var model = ModelDescription(id: "llama3.2", format: .chatCompletions)
        model.contextWindow = 131_072

        var request = ModelRequest(systemPrompt: "Answer briefly.", messages: [.user([.text("What is the time?")])])
        request.tools = [ModelTool(name: "clock", summary: "Tells the time.", parameters: ["type": "object"])]
        await client.answer(request, by: model, of: service) { event in
            switch event {
            case .blockDelta(_, .text, let text): output.write(text)
            case .done(let answer): output.end(answer)
            case .failed(let failure, _): output.write("\(failure)")
            default: break
            }
        }
        let answer = try #require(output.answer)
        #expect(answer.toolCalls.map(\.name) == ["clock"])

        request.messages.append(.assistant(answer))
        for call in answer.toolCalls {
            let result = ToolResult(callID: call.id, toolName: call.name, content: [.text("08:30")])
            request.messages.append(.toolResult(result))
        }
        await client.answer(request, by: model, of: service) { event in
            if case .done(let answer) = event { output.end(answer) }
        }
        #expect(output.answer?.text == "08:30")
    }
}
