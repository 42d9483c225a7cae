import AgentLoop
import Configuration
import Files
import GatewayProtocol
import JSON
import ModelServices
import Policy
import Text
import Time
import Tools

/// A model service that answers: one of `models.providers`.
///
/// It is told the conversation so far with each turn, out of the session's transcript, so that a conversation goes on
/// whoever answered before.
struct ModelResponder: Responder {
    private let service: ServiceDescription
    private let models: [ModelDescription]
    private let parameters: [String: JSONObject]
    private let rules: TurnRules
    private let client: any ModelAnswering
    private let cooldowns: ModelCooldowns
    private let toolless = ToollessModels()

    var id: String { service.id }

    /// The service, which `client` asks. `parameters` are members of the requests to each model, by its id.
    init(
        service: ServiceDescription, models: [ModelDescription], parameters: [String: JSONObject] = [:],
        rules: TurnRules = TurnRules(), client: any ModelAnswering, cooldowns: ModelCooldowns = ModelCooldowns()
    ) {
        self.service = service
        self.models = models
        self.parameters = parameters
        self.rules = rules
        self.client = client
        self.cooldowns = cooldowns
    }

    /// The model `name`, or its first; nil when it has none so called.
    func model(_ name: String?) -> ModelDescription? {
        guard let name else { return models.first }
        return models.first { $0.id == name }
    }

    /// Its models, for those who choose one.
    var knownModels: [KnownModel] {
        models.map { model in
            KnownModel(
                name: ModelName("\(id)/\(model.id)"), title: model.name, contextWindow: model.contextWindow,
                isReasoning: model.isReasoning)
        }
    }

    func isResting(_ model: String?) -> Bool { restingEnd(model) != nil }

    /// Until when `model` is asked after others, because it failed a short while ago; nil when it is not.
    func restingEnd(_ model: String?) -> Timestamp? { self.model(model).flatMap { cooldowns.end(of: $0.id) } }

    /// Where the service is.
    var address: ServiceAddress { service.address }

    func answer(_ turn: Turn, tell: @escaping @Sendable (TurnEvent) -> Void) async throws -> Reply {
        guard let model = model(turn.model) else {
            throw ModelServiceError(
                model: "\(id)/\(turn.model ?? "")", reason: "models.providers.\(id).models does not list it",
                isTimeout: false)
        }
        let loop = TurnLoop(
            client: turn.isTrial ? client.withoutRetries : client, model: model, service: service,
            tools: toolless.contains(model.id) ? .none : turn.tools,
            limits: rules.limits, compaction: rules.compaction)
        let context = ModelContext(try await turn.conversation(), answering: message(of: turn, to: model))
        var settings = ModelParameters()
        settings.effort = (turn.thinking ?? rules.thinking).flatMap(ReasoningEffort.init)
        settings.more = parameters[model.id] ?? JSONObject()
        do {
            let result = try await inTime(turn.time) { [settings] in
                try await loop.run(
                    context, systemPrompt: turn.systemPrompt, parameters: settings,
                    for: TurnLoop.Caller(
                        agentID: turn.agent.id, sessionKey: turn.sessionKey, isByAdmin: turn.isByAdmin),
                    journal: turn.journal, steering: turn.steering
                ) { event in
                    if case .withoutTools = event { toolless.insert(model.id) }
                    tell(event)
                }
            }
            guard let result else { throw error(model, "it took longer than \(turn.time)", isTimeout: true) }
            cooldowns.note(successOf: model.id)
            return try reply(result, of: model)
        } catch TurnFailure.model(let failure) {
            cooldowns.note(failure, of: model.id)
            let advice = advice(failure).map { "; \($0)" } ?? ""
            throw error(model, "\(failure)\(advice)", isTimeout: failure.kind == .timeout)
        } catch TurnFailure.stopped(let stop) {
            throw StoppedTurnError(stop)
        }
    }

    func compact(_ turn: Turn) async throws -> CompactionOutcome {
        guard let model = model(turn.model) else { return .unable }
        let compactor = Compactor(client: client, model: model, service: service, settings: rules.compaction)
        let context = ModelContext(try await turn.conversation())
        do throws(ModelFailure) {
            guard let outcome = try await compactor.compact(context, .wish, keepingIn: turn.journal) else {
                return .nothing
            }
            cooldowns.note(successOf: model.id)
            return .done(before: outcome.compaction.tokensBefore, after: outcome.context.tokens)
        } catch {
            try Task.checkCancellation()
            cooldowns.note(error, of: model.id)
            throw self.error(model, "\(error)")
        }
    }

    /// What comes of `body`; nil when that takes longer than `time`.
    private func inTime(
        _ time: TimeSpan, _ body: @escaping @Sendable () async throws -> TurnLoop.Result
    ) async throws -> TurnLoop.Result? {
        let result = try await withThrowingTaskGroup(of: TurnLoop.Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: time.duration)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        try Task.checkCancellation()
        return result
    }

    private func error(_ model: ModelDescription, _ reason: String, isTimeout: Bool = false) -> ModelServiceError {
        ModelServiceError(model: "\(id)/\(model.id)", reason: reason, isTimeout: isTimeout)
    }

    /// What a person can do about `failure`: a clause. Nil where that is said already, or nothing can be done.
    private func advice(_ failure: ModelFailure) -> String? {
        switch failure.kind {
        case .contextOverflow:
            "begin a new conversation with /new, or set contextWindow of the model so that less is sent"
        case .unauthorized: "set models.providers.\(id).apiKey, or the variable or file that holds it, anew"
        case .exhausted: "pay there, or choose another model with `mazelclaw models set`"
        case .notFound: "check models.providers.\(id).baseUrl, and what the service calls its models"
        case .unreachable:
            "check models.providers.\(id).baseUrl and whether it runs; whether a sandbox may connect there, "
                + "`mazelclaw-run why connect HOST:PORT` tells"
        case .untrusted, .timeout, .rateLimited, .overloaded, .broken, .redirected, .rejected, .withheld, .malformed,
            .truncated, .tooLong, .aborted:
            nil
        }
    }

    // MARK: The request

    private func message(of turn: Turn, to model: ModelDescription) -> [InputContent] {
        let text = (turn.notes.map { "System: \($0)" } + [turn.message]).joined(separator: "\n\n")
        return [.text(text)] + turn.images.map { Self.picture($0, for: model) }
    }

    /// The most of a picture that is sent, in bytes.
    private static let pictureLimit = 5_000_000

    /// The picture at `path`; where it cannot be sent, words in its place.
    private static func picture(_ path: String, for model: ModelDescription) -> InputContent {
        let kinds = ["png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"]
        guard model.takesImages, let kind = path.split(separator: ".").last.flatMap({ kinds[String($0)] }),
            let place = AbsolutePath(path), let bytes = try? DurableFile.read(place, limit: pictureLimit)
        else { return .text("[a picture that cannot be shown: \(path)]") }
        return .image(ModelImage(mediaType: kind, bytes: bytes))
    }

    // MARK: The answer

    private func reply(_ result: TurnLoop.Result, of model: ModelDescription) throws -> Reply {
        let answer = result.answer
        let text = Reply.bounded(answer.text)
        // Whoever called tools may have nothing to add to what they said before.
        guard !text.isEmpty || result.hasCalls else {
            throw error(
                model,
                answer.stopReason == .length
                    ? "it may write no more tokens, and had written nothing but thoughts; raise maxTokens"
                    : "it answered nothing")
        }
        var members = answer.transcriptMembers
        // What is too long for a client is too long to be said again.
        if text.utf8.count < answer.text.utf8.count { members["content"] = nil }
        return Reply(
            text: text, provider: id, model: model.id, usage: TokenUsage(answer.usage, cost: result.cost),
            earlierUsage: result.earlierUsage.total > 0
                ? TokenUsage(result.earlierUsage, cost: model.price.cost(of: result.earlierUsage)) : nil,
            members: members)
    }
}

/// Why a model service gave no answer.
struct ModelServiceError: Error, Equatable, CustomStringConvertible, ResponderError {
    /// `provider/model`.
    var model: String
    var reason: String
    /// Whether it took too long.
    var isTimeout: Bool

    var description: String { "the model \"\(model)\" gave no answer: \(reason)" }
}

extension TokenUsage {
    /// What a model service counted, and what that costs.
    init(_ usage: ModelUsage, cost: ModelCost) {
        self.init(
            input: usage.input, output: usage.output, cacheRead: usage.cacheRead, cacheWrite: usage.cacheWrite,
            total: usage.total,
            cost: TokenCost(
                input: cost.input, output: cost.output, cacheRead: cost.cacheRead, cacheWrite: cost.cacheWrite))
    }
}
