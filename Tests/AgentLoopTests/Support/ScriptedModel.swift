import JSON
import ModelServices
import Synchronization
import Tools

@testable import AgentLoop

/// A model that answers as a test says: the nth request by the nth answer, later ones by the last.
final class ScriptedModel: ModelAnswering {
    enum Step: Sendable {
        case answer([AnswerContent], StopReason)
        case failure(ModelFailure)
        /// Waits until it is cancelled.
        case silence
    }

    static let source = ModelIdentity(provider: "test", model: "m", format: .chatCompletions)
    private let steps: [Step]
    private let log = Mutex<[ModelRequest]>([])
    private let hasBegun = AsyncStream.makeStream(of: Void.self)

    init(_ steps: Step...) {
        self.steps = steps
    }

    var requests: [ModelRequest] { log.withLock(\.self) }

    /// Returns when a request is being answered that stays silent.
    func waitForSilence() async { for await _ in hasBegun.stream { return } }

    func answer(
        _ request: ModelRequest, by model: ModelDescription, of service: ServiceDescription,
        receive: @escaping @Sendable (ModelEvent) async -> Void
    ) async {
        let count = log.withLock { log in
            log.append(request)
            return log.count
        }
        switch steps[min(count, steps.count) - 1] {
        case .answer(let content, let reason):
            for (index, part) in content.enumerated() {
                switch part {
                case .text(let text): await receive(.blockDelta(index, .text, text.text))
                case .thinking(let thinking): await receive(.blockDelta(index, .thinking, thinking.text))
                case .toolCall: break
                }
            }
            let usage = ModelUsage(input: 1000, output: 100)
            await receive(.done(ModelAnswer(content, from: Self.source, usage: usage, stopReason: reason)))
        case .failure(let failure):
            await receive(.failed(failure, partial: ModelAnswer([], from: Self.source, stopReason: .error)))
        case .silence:
            hasBegun.continuation.yield()
            try? await Task.sleep(for: .seconds(3600))
            await receive(
                .failed(
                    ModelFailure(.aborted, "nobody wants it"),
                    partial: ModelAnswer([], from: Self.source, stopReason: .aborted)))
        }
    }
}

extension ScriptedModel.Step {
    static func text(_ text: String) -> Self { .answer([.text(AnswerText(text))], .stop) }

    static func call(_ name: String, _ arguments: JSONObject = [:], id: String = "c1", saying text: String? = nil)
        -> Self
    {
        let call = AnswerContent.toolCall(ToolCall(id: id, name: name, arguments: arguments))
        return .answer((text.map { [.text(AnswerText($0))] } ?? []) + [call], .toolUse)
    }
}

/// A tool that does as a test says.
struct TestTool: Tool {
    let name: String
    let summary = "does what a test says"
    let parameters: JSON = ["type": "object"]
    let body: @Sendable (JSONObject, ToolContext) async throws -> ToolOutput

    init(_ name: String, _ body: @escaping @Sendable (JSONObject, ToolContext) async throws -> ToolOutput) {
        self.name = name
        self.body = body
    }

    func call(_ arguments: JSONObject, in context: ToolContext) async throws -> ToolOutput {
        try await body(arguments, context)
    }
}

/// A journal in memory.
final class TestJournal: TurnJournal {
    private let entries = Mutex<[TurnEntry]>([])
    private let fault: (any Error)?

    init(fault: (any Error)? = nil) {
        self.fault = fault
    }

    var lines: [String] { entries.withLock { $0.map(Self.line) } }

    var compactions: [Compaction] {
        entries.withLock { $0.compactMap { if case .compaction(let compaction) = $0 { compaction } else { nil } } }
    }

    func keep(_ entry: TurnEntry) async throws -> String {
        if let fault { throw fault }
        return entries.withLock { entries in
            entries.append(entry)
            return "kept-\(entries.count)"
        }
    }

    private static func line(_ entry: TurnEntry) -> String {
        switch entry {
        case .answer(let answer, _): "answer: \(answer.text) \(answer.toolCalls.map(\.name))"
        case .result(let result, let output):
            "result of \(result.callID): \(output.text)\(result.isError ? " (failed)" : "")"
        case .compaction(let compaction): "summary: \(compaction.summary)"
        }
    }
}

/// What was told of a turn, a line each.
final class Told: Sendable {
    private let log = Mutex<[String]>([])
    var lines: [String] { log.withLock(\.self) }

    func take(_ event: TurnEvent) {
        let line =
            switch event {
            case .text(let text): "whole \(text)"
            case .textDelta(let more): "text \(more)"
            case .thinking(let more): "thinking \(more)"
            case .toolStart(let call): "start \(call.name)"
            case .toolUpdate(let call, let output): "update \(call.name): \(output.text)"
            case .toolEnd(let call, let output): "end \(call.name): \(output.text)"
            case .withoutTools: "without tools"
            case .compactionFailed(let failure): "no summary: \(failure.kind)"
            }
        log.withLock { $0.append(line) }
    }
}
