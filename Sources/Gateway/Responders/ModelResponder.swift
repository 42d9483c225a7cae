import Configuration
import Files
import GatewayProtocol
import JSON
import ModelServices
import Policy
import Synchronization
import Text
import Time

/// A model service that answers: one of `models.providers`.
///
/// It is told the conversation so far with each turn, out of the session's transcript, so that a conversation goes on
/// whoever answered before.
struct ModelResponder: Responder {
    private let service: ServiceDescription
    private let models: [ModelDescription]
    private let parameters: [String: JSONObject]
    private let standardThinking: String?
    private let client: any ModelAnswering
    private let cooldowns: ModelCooldowns

    var id: String { service.id }

    /// The service, which `client` asks. `parameters` are members of the requests to each model, by its id, and
    /// `standardThinking` is how much it thinks where a session does not say.
    init(
        service: ServiceDescription, models: [ModelDescription], parameters: [String: JSONObject] = [:],
        standardThinking: String? = nil, client: any ModelAnswering, cooldowns: ModelCooldowns = ModelCooldowns()
    ) {
        self.service = service
        self.models = models
        self.parameters = parameters
        self.standardThinking = standardThinking
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

    func isResting(_ model: String?) -> Bool {
        self.model(model).map { cooldowns.isResting($0.id) } ?? false
    }

    func answer(_ turn: Turn, progress: @escaping @Sendable (String) -> Void) async throws -> Reply {
        guard let model = model(turn.model) else {
            throw ModelServiceError(
                model: "\(id)/\(turn.model ?? "")", reason: "models.providers.\(id).models does not list it",
                isTimeout: false)
        }
        let request = try await request(turn, to: model)
        let incoming = IncomingAnswer(progress)
        let isInTime = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await client.answer(request, by: model, of: service) { incoming.take($0) }
                return true
            }
            group.addTask {
                try await Task.sleep(for: turn.time.duration)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        try Task.checkCancellation()
        guard isInTime else { throw error(model, "it took longer than \(turn.time)", isTimeout: true) }
        switch incoming.end {
        case .success(let answer):
            cooldowns.note(successOf: model.id)
            return try reply(answer, of: model)
        case .failure(let failure):
            cooldowns.note(failure, of: model.id)
            let advice =
                failure.kind == .contextOverflow
                ? "; begin a new conversation with /new, or set contextWindow of the model so that less is sent" : ""
            throw error(model, "\(failure)\(advice)", isTimeout: failure.kind == .timeout)
        }
    }

    private func error(_ model: ModelDescription, _ reason: String, isTimeout: Bool = false) -> ModelServiceError {
        ModelServiceError(model: "\(id)/\(model.id)", reason: reason, isTimeout: isTimeout)
    }

    // MARK: The request

    /// The share of the context that is kept for an answer when nobody says how long one may be, as its inverse.
    private static let answerShare: Int64 = 4

    private func request(_ turn: Turn, to model: ModelDescription) async throws -> ModelRequest {
        var message: [InputContent] = [
            .text((turn.notes.map { "System: \($0)" } + [turn.message]).joined(separator: "\n\n"))
        ]
        for path in turn.images { message.append(Self.picture(path, for: model)) }
        let room = model.contextWindow.map { window in
            let answer = min(model.maxTokens ?? window / Self.answerShare, window / Self.answerShare)
            let prompt = Int64((turn.systemPrompt?.utf8.count ?? 0) + turn.message.utf8.count) / 4
            return max(0, window - answer - prompt)
        }
        let history = ModelHistory(try await turn.history(), tokens: room)
        var request = ModelRequest(
            systemPrompt: turn.systemPrompt, messages: history.messages + [.user(message)])
        request.parameters.effort = (turn.thinking ?? standardThinking).flatMap(ReasoningEffort.init)
        request.parameters.more = parameters[model.id] ?? JSONObject()
        return request
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

    private func reply(_ answer: ModelAnswer, of model: ModelDescription) throws -> Reply {
        if let call = answer.toolCalls.first {
            // No tools are offered yet; the turn with tools goes on from here.
            throw error(model, "it wants the tool \"\(call.name)\" called, and this version has no tools for models")
        }
        let text = IncomingAnswer.bounded(answer.text)
        guard !text.isEmpty else {
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
            text: text, provider: id, model: model.id,
            usage: TokenUsage(answer.usage, cost: model.price.cost(of: answer.usage)), members: members)
    }
}

/// An answer while it comes in.
private final class IncomingAnswer: Sendable {
    private struct State {
        var text = ""
        var end: Result<ModelAnswer, ModelFailure>?
    }

    private let progress: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(_ progress: @escaping @Sendable (String) -> Void) {
        self.progress = progress
    }

    /// How it ended.
    var end: Result<ModelAnswer, ModelFailure> {
        // Who asked waited until it had.
        state.withLock { $0.end } ?? .failure(ModelFailure(.aborted, "the answer has no end"))
    }

    func take(_ event: ModelEvent) {
        switch event {
        case .blockDelta(_, .text, let more):
            let text: String? = state.withLock { state in
                guard state.text.utf8.count < Reply.lengthLimit else { return nil }
                state.text += more
                return state.text
            }
            if let text { progress(Self.bounded(text)) }
        case .done(let answer): state.withLock { $0.end = .success(answer) }
        case .failed(let failure, _): state.withLock { $0.end = .failure(failure) }
        case .start, .retry, .blockStart, .blockDelta, .blockEnd: break
        }
    }

    /// `text` as far as an answer may go.
    static func bounded(_ text: String) -> String {
        let short = text.prefix(bytes: Reply.lengthLimit)
        guard short.utf8.count < text.utf8.count else { return text }
        return "\(short)\n[cut here: the answer is longer than \(Reply.lengthLimit >> 10) KiB]"
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
    fileprivate init(_ usage: ModelUsage, cost: ModelCost) {
        self.init(
            input: usage.input, output: usage.output, cacheRead: usage.cacheRead, cacheWrite: usage.cacheWrite,
            total: usage.total,
            cost: TokenCost(
                input: cost.input, output: cost.output, cacheRead: cost.cacheRead, cacheWrite: cost.cacheWrite))
    }
}
