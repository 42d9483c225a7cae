import JSON
import ModelServices
import Synchronization

@testable import Configuration
@testable import Gateway

/// Model services in the same process, which answer as a test says.
final class TestModels: ModelAnswering {
    typealias Script =
        @Sendable (
            _ request: ModelRequest, _ model: ModelIdentity, _ receive: @Sendable (ModelEvent) async -> Void
        ) async -> Void

    private let script: Script
    private let log = Mutex<[(model: String, request: ModelRequest)]>([])

    init(_ script: @escaping Script) {
        self.script = script
    }

    /// Those that answer with the last words that were said to them.
    static func echoing() -> TestModels {
        TestModels { request, model, receive in
            await receive(.answer("\(model.model) hears \(request.messages.last?.words ?? "")", by: model))
        }
    }

    /// What was asked, in order, and of whom.
    var asked: [(model: String, request: ModelRequest)] { log.withLock(\.self) }

    func answer(
        _ request: ModelRequest, by model: ModelDescription, of service: ServiceDescription,
        receive: @escaping @Sendable (ModelEvent) async -> Void
    ) async {
        log.withLock { $0.append(("\(service.id)/\(model.id)", request)) }
        await script(request, ModelIdentity(provider: service.id, model: model.id, format: model.format), receive)
    }
}

extension ModelEvent {
    /// The end of an answer that says `text`.
    static func answer(_ text: String, by model: ModelIdentity) -> ModelEvent {
        .done(
            ModelAnswer(
                [.thinking(Thinking("hm", signature: "signed")), .text(AnswerText(text))], from: model,
                usage: ModelUsage(input: 1000, output: 100, cacheRead: 5000), stopReason: .stop))
    }

    /// The end of one that failed.
    static func failure(_ kind: ModelFailure.Kind, by model: ModelIdentity) -> ModelEvent {
        .failed(ModelFailure(kind, "it failed"), partial: ModelAnswer([], from: model, stopReason: .error))
    }
}

extension ModelMessage {
    /// What it says.
    var words: String {
        switch self {
        case .user(let content):
            content.map { part in
                switch part {
                case .text(let text): text
                case .image(let image): "[\(image.mediaType)]"
                }
            }.joined(separator: " ")
        case .assistant(let answer): answer.text
        case .toolResult(let result): "result of \(result.callID)"
        }
    }

    /// Who says it, and what.
    var line: String {
        switch self {
        case .user: "user: \(words)"
        case .assistant: "assistant: \(words)"
        case .toolResult: "tool: \(words)"
        }
    }
}

extension TestInstance {
    /// An instance whose agent has the models `models`, of the services `one` and `two`.
    static func withModels(_ models: String = #""one/small""#) throws -> TestInstance {
        try TestInstance(
            configuration: """
                {gateway: {mode: "local", auth: {token: "\(token)"},
                  http: {endpoints: {chatCompletions: {enabled: true}}}},
                 agents: {defaults: {skipBootstrap: true, model: \(models.hasPrefix("{") ? models : "{primary: \(models)}")}},
                 models: {providers: {
                  one: {baseUrl: "http://127.0.0.1:9/v1", apiKey: "key-of-one", models: [
                    {id: "small", name: "Small", contextWindow: 8000, cost: {input: 3, output: 15, cacheRead: 0.3, cacheWrite: 0}},
                    {id: "large", name: "Large", reasoning: true, input: ["text", "image"]}]},
                  two: {baseUrl: "https://two.example", api: "anthropic-messages", models: [{id: "other", name: "Other"}]}}}}
                """)
    }

    /// Its agents, whose models `models` are.
    func agents(answeredBy models: TestModels) -> AgentDirectory {
        AgentDirectory(configuration, environment: [:], client: models)
    }
}
