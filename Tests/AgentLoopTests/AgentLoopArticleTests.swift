import AgentLoop
import JSON
import ModelServices
import Synchronization
import Testing
import Tools

/// What the article "Have a model use tools" shows, line by line; ArchitectureTests compares the two.
@Suite final class AgentLoopArticleTests: Sendable {
    actor Notebook: TurnJournal {
        private(set) var entries: [TurnEntry] = []

        func keep(_ entry: TurnEntry) async throws -> String {
            entries.append(entry)
            return "entry-\(entries.count)"
        }
    }

    private let lines = Mutex<[String]>([])
    private let notebook = Notebook()

    /// What the article's `print` does here.
    private func note(_ line: String) { lines.withLock { $0.append(line) } }

    private func loop(_ client: ScriptedModel) throws -> TurnLoop {
        let service = ServiceDescription(id: "test", address: try ServiceAddress("http://127.0.0.1:9/v1"))
        let model = ModelDescription(id: "m", format: .chatCompletions)
        let tools = ToolSet([TestTool("clock") { _, _ in ToolOutput("08:30") }])
        let loop = TurnLoop(
            client: client, model: model, service: service, tools: tools, limits: LoopLimits(requests: 10, cost: 0.5))
        return loop
    }

    @Test func `a turn calls a tool, and its journal has what came before the answer`() async throws {
        let print = note
        let loop = try loop(ScriptedModel(.call("clock"), .text("half past eight")))
        let question = ModelContext.Entry(id: "1", .user([.text("What is the time?")]))
        let caller = TurnLoop.Caller(agentID: "main", sessionKey: "agent:main:main")
        let result = try await loop.run(
            ModelContext([question]), systemPrompt: "Answer briefly.", for: caller, journal: notebook
        ) { event in
            if case .toolStart(let call) = event { print("calls \(call.name)") }
        }
        #expect(result.answer.text == "half past eight")
        #expect(lines.withLock(\.self) == ["calls clock"])
        #expect(await notebook.entries.count == 2)
    }

    @Test func `a turn that goes on and on is stopped`() async throws {
        let print = note
        let loop = try loop(ScriptedModel(.call("clock")))
        let question = ModelContext.Entry(id: "1", .user([.text("What is the time?")]))
        let caller = TurnLoop.Caller(agentID: "main", sessionKey: "agent:main:main")
        do {
            _ = try await loop.run(
                ModelContext([question]), systemPrompt: nil, for: caller, journal: notebook, tell: { _ in })
        } catch TurnFailure.stopped(.requests(let count)) {
            print("it was asked \(count) times, and went on")
        } catch TurnFailure.stopped(.repeated) {
            print("it went in a circle")
        }
        #expect(lines.withLock(\.self) == ["it went in a circle"])
    }
}
