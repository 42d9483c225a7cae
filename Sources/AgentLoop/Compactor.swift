import JSON
public import ModelServices

/// Has a model sum up the older part of a conversation.
public struct Compactor: Sendable {
    private let client: any ModelAnswering
    private let model: ModelDescription
    private let service: ServiceDescription
    private let settings: CompactionSettings

    /// Has `model` of `service` do it, which `client` asks.
    public init(
        client: any ModelAnswering, model: ModelDescription, service: ServiceDescription, settings: CompactionSettings
    ) {
        self.client = client
        self.model = model
        self.service = service
        self.settings = model.contextWindow.map(settings.fitted) ?? settings
    }

    /// Whether a request with `context`, and `prompt` tokens beside it, leaves less room than is to be kept free. Not known of a
    /// model of which nobody says how much it takes.
    func isDue(_ context: ModelContext, prompt: Int64) -> Bool {
        guard let window = model.contextWindow else { return false }
        return context.tokens + prompt > window - settings.reserve
    }

    /// Why a conversation is summed up.
    public enum Reason: Sendable {
        /// It leaves a model too little room.
        case room
        /// A model found it too long. At least half of it is summed up, of which no more is told than a model has taken.
        case overflow
        /// Somebody asked for it. At least half of it is summed up.
        case wish
    }

    /// Sums up `context`; nil when there is nothing to sum up beside what stays. Throws `ModelFailure`.
    public func compact(
        _ context: ModelContext, _ reason: Reason
    ) async throws(ModelFailure) -> (compaction: Compaction, context: ModelContext)? {
        let tokens = context.tokens
        let half = ModelContext(context.entries).tokens / 2
        let kept = reason == .room ? settings.kept : min(settings.kept, half)
        guard let place = context.cut(keeping: kept), !context.entries[place].id.isEmpty else { return nil }
        let old = ModelContext(summary: context.summary, Array(context.entries[..<place]))
        let answer = try await answer(request(to: old, limit: reason == .overflow ? tokens / 2 : nil))
        let summary = answer.text
        guard summary.contains(where: { !$0.isWhitespace }) else {
            throw ModelFailure(.truncated, "the model wrote no summary of the conversation")
        }
        let compaction = Compaction(
            summary: summary, firstKeptID: context.entries[place].id, tokensBefore: tokens, usage: answer.usage,
            cost: model.price.cost(of: answer.usage))
        return (compaction, ModelContext(summary: summary, Array(context.entries[place...])))
    }

    /// The same, and has `journal` keep what came of it. Throws `ModelFailure`, also when it cannot be kept.
    public func compact(
        _ context: ModelContext, _ reason: Reason, keepingIn journal: any TurnJournal
    ) async throws(ModelFailure) -> (compaction: Compaction, context: ModelContext)? {
        guard let outcome = try await compact(context, reason) else { return nil }
        do {
            _ = try await journal.keep(.compaction(outcome.compaction))
        } catch {
            throw ModelFailure(.aborted, "the summary could not be kept: \(error)")
        }
        return outcome
    }

    private func answer(_ request: ModelRequest) async throws(ModelFailure) -> ModelAnswer {
        let box = AnswerBox()
        await client.answer(request, by: model, of: service) { box.take($0) }
        return try box.end.get()
    }

    // MARK: The request

    private static let systemPrompt = """
        You sum up conversations between a user and an assistant, so that the assistant can go on without having read them. \
        Write down what the user wants, what was decided and why, what was done and what came of it, and what is still open. \
        Keep names, paths, numbers, addresses and ids exactly as they are. Where a summary of what was before stands at the \
        beginning, take over what still counts. Write the summary and nothing else; do not go on with the conversation.
        """

    /// The most of a tool's result that is told, in bytes.
    private static let resultLimit = 4000
    /// The most that is told where nobody says how much the model takes, in tokens.
    private static let standardLimit: Int64 = 100_000

    private func request(to context: ModelContext, limit: Int64?) -> ModelRequest {
        let limit =
            limit ?? model.contextWindow.map { $0 - settings.reserve - TokenEstimate.count(Self.systemPrompt) }
            ?? Self.standardLimit
        var texts = context.entries.flatMap { Self.texts(of: $0.message) }
        let before = context.summary.map { "\(ModelContext.summaryPreface)\n\n\($0)" }
        var room = max(0, limit - TokenEstimate.count(before ?? ""))
        // The newest count more than what is older still.
        let start = texts.lastIndex { text in
            room -= TokenEstimate.count(text) + 1
            return room < 0
        }
        if let start { texts = ["[what was said before this is left out]"] + texts[(start + 1)...] }
        var request = ModelRequest(
            systemPrompt: Self.systemPrompt,
            messages: [.user([.text(([before].compactMap(\.self) + texts).joined(separator: "\n\n"))])])
        request.parameters.maxTokens = min(model.maxTokens ?? .max, max(256, settings.reserve / 5 * 4))
        return request
    }

    private static func texts(of message: ModelMessage) -> [String] {
        switch message {
        case .user(let content): ["User: \(text(of: content))"]
        case .toolResult(let result):
            [
                "Result of \(result.toolName)\(result.isError ? ", which failed" : ""): \(bounded(text(of: result.content)))"
            ]
        case .assistant(let answer):
            answer.content.compactMap { part in
                switch part {
                case .text(let text): text.text.isEmpty ? nil : "Assistant: \(text.text)"
                case .thinking: nil
                case .toolCall(let call):
                    "Assistant calls \(call.name) with \(bounded(JSON.object(call.arguments).text()))"
                }
            }
        }
    }

    private static func text(of content: [InputContent]) -> String {
        content.map { part in
            switch part {
            case .text(let text): text
            case .image: "[a picture]"
            }
        }.joined(separator: "\n")
    }

    private static func bounded(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(resultLimit)
        return start.endIndex == text.unicodeScalars.endIndex ? text : "\(String(start)) [cut here]"
    }
}
