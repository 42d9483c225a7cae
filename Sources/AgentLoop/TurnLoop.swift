import JSON
public import ModelServices
import Text
public import Tools

/// A turn with a model: it is asked, the tools it wants are called, and it is asked again with what came of them, until it wants
/// none.
///
/// Knows nothing of sessions and clients: what there is to go on with is given, what comes of it is kept by a `TurnJournal`.
public struct TurnLoop: Sendable {
    private let client: any ModelAnswering
    private let model: ModelDescription
    private let service: ServiceDescription
    private let tools: ToolSet
    private let limits: LoopLimits
    private let compactor: Compactor

    /// A turn with `model` of `service`, which `client` asks and which may call `tools`.
    public init(
        client: any ModelAnswering, model: ModelDescription, service: ServiceDescription, tools: ToolSet = .none,
        limits: LoopLimits = LoopLimits(), compaction: CompactionSettings = CompactionSettings()
    ) {
        self.client = client
        self.model = model
        self.service = service
        self.tools = tools
        self.limits = limits
        compactor = Compactor(client: client, model: model, service: service, settings: compaction)
    }

    /// What came of a turn.
    public struct Result: Equatable, Sendable {
        /// The last answer, which `TurnJournal` was not given.
        public var answer: ModelAnswer
        /// What it cost.
        public var cost: ModelCost
        /// What the answers before it took, in all.
        public var earlierUsage = ModelUsage()
        /// Whether tools were called.
        public var hasCalls = false
    }

    /// For whom tools are called.
    public struct Caller: Sendable {
        /// The agent whose model calls.
        public var agentID: String
        /// The key of the session in which it does.
        public var sessionKey: String
        /// Whether the one who asked may do everything.
        public var isByAdmin: Bool

        /// The agent `agentID` in the session `sessionKey`.
        public init(agentID: String, sessionKey: String, isByAdmin: Bool = false) {
            self.agentID = agentID
            self.sessionKey = sessionKey
            self.isByAdmin = isByAdmin
        }
    }

    /// Has the model answer what stands at the end of `context`.
    ///
    /// `tell` hears how it goes on, and `steering` says what users said meanwhile. A conversation that leaves too little room
    /// is summed up before the model is asked, and once more when the service says that it is too long. Throws `TurnFailure`,
    /// `CancellationError` when the task is cancelled, and what `journal` and `steering` throw.
    public func run(
        _ context: ModelContext, systemPrompt: String?, parameters: ModelParameters = ModelParameters(),
        for caller: Caller, journal: any TurnJournal, steering: any TurnSteering = NoSteering(),
        tell: @escaping @Sendable (TurnEvent) -> Void
    ) async throws -> Result {
        var turn = State(context: context, limits: limits, tools: tools.all)
        let prompt = TokenEstimate.count(systemPrompt ?? "")
        while true {
            try Task.checkCancellation()
            if compactor.isDue(turn.context, prompt: prompt + turn.toolTokens) {
                do throws(ModelFailure) {
                    let outcome = try await compactor.compact(turn.context, .room, keepingIn: journal)
                    guard let outcome else { throw .nothingToSumUp }
                    turn.take(outcome)
                } catch {
                    try Task.checkCancellation()
                    if error != .nothingToSumUp { tell(.compactionFailed(error)) }
                }
            }
            let request = request(turn, systemPrompt, parameters, prompt: prompt)
            switch await ask(request, tell) {
            case .failure(let failure):
                try Task.checkCancellation()
                if failure.kind == .contextOverflow, !turn.hasOverflown {
                    turn.hasOverflown = true
                    do throws(ModelFailure) {
                        if let outcome = try await compactor.compact(
                            turn.context, .overflow, keepingIn: journal)
                        {
                            turn.take(outcome)
                            continue
                        }
                    } catch {
                        try Task.checkCancellation()
                        tell(.compactionFailed(error))
                    }
                } else if failure.refusesTools, !turn.tools.isEmpty {
                    turn.tools = []
                    tell(.withoutTools)
                    continue
                }
                throw TurnFailure.model(failure)
            case .success(let answer):
                let cost = model.price.cost(of: answer.usage)
                turn.guardian.noteRequest(cost: cost.total)
                guard !answer.toolCalls.isEmpty else {
                    return Result(
                        answer: answer, cost: cost, earlierUsage: turn.usage, hasCalls: turn.hasCalls)
                }
                turn.usage = turn.usage.adding(answer.usage)
                try await turn.keep(.assistant(answer), as: .answer(answer, cost), in: journal)
                try await carryOut(answer.toolCalls, &turn, caller, journal, tell)
                if let stop = turn.guardian.verdict { throw TurnFailure.stopped(stop) }
                turn.context.entries += try await steering.take()
            }
        }
    }

    // MARK: Asking

    /// What changes in a turn.
    private struct State {
        var context: ModelContext
        var guardian: LoopGuard
        var tools: [any Tool]
        var usage = ModelUsage()
        var hasCalls = false
        /// Whether the service said that the conversation is too long.
        var hasOverflown = false

        init(context: ModelContext, limits: LoopLimits, tools: [any Tool]) {
            self.context = context
            guardian = LoopGuard(limits)
            self.tools = tools
        }

        /// About how many tokens the description of the tools takes.
        var toolTokens: Int64 {
            tools.reduce(0) { $0 + TokenEstimate.count($1.summary) + TokenEstimate.count($1.parameters.text()) + 16 }
        }

        /// The conversation was summed up.
        mutating func take(_ outcome: (compaction: Compaction, context: ModelContext)) {
            context = outcome.context
            usage = usage.adding(outcome.compaction.usage)
            guardian.noteCost(outcome.compaction.cost.total)
        }

        /// Has `journal` keep `entry`, which the model is told as `message` from now on.
        mutating func keep(_ message: ModelMessage, as entry: TurnEntry, in journal: any TurnJournal) async throws {
            let id = try await journal.keep(entry)
            context.entries.append(ModelContext.Entry(id: id, message))
        }
    }

    private func request(
        _ turn: State, _ systemPrompt: String?, _ parameters: ModelParameters, prompt: Int64
    ) -> ModelRequest {
        var context = turn.context
        if let window = model.contextWindow {
            // What could not be summed up is left out.
            let answer = min(model.maxTokens ?? window / 4, window / 4)
            context = context.fitted(into: max(0, window - answer - prompt - turn.toolTokens))
        }
        return ModelRequest(
            systemPrompt: systemPrompt, messages: context.messages,
            tools: turn.tools.map { ModelTool(name: $0.name, summary: $0.summary, parameters: $0.parameters) },
            parameters: parameters)
    }

    private func ask(
        _ request: ModelRequest, _ tell: @escaping @Sendable (TurnEvent) -> Void
    ) async -> Swift.Result<ModelAnswer, ModelFailure> {
        let box = AnswerBox()
        await client.answer(request, by: model, of: service) { event in
            switch event {
            case .blockDelta(_, .text, let more): tell(.textDelta(more))
            case .blockDelta(_, .thinking, let more): tell(.thinking(more))
            case .blockDelta, .start, .retry, .blockStart, .blockEnd, .done, .failed: break
            }
            box.take(event)
        }
        return box.end
    }

    // MARK: Tools

    /// The longest text of a result that a model is told, in bytes.
    static let resultLimit = 128 << 10

    private func carryOut(
        _ calls: [ToolCall], _ turn: inout State, _ caller: Caller, _ journal: any TurnJournal,
        _ tell: @escaping @Sendable (TurnEvent) -> Void
    ) async throws {
        turn.hasCalls = true
        for call in calls {
            try Task.checkCancellation()
            tell(.toolStart(call))
            let output = try await output(of: call, caller, tell).bounded(to: Self.resultLimit)
            let result = ToolResult(
                callID: call.id, toolName: call.name, content: output.parts.map(InputContent.init),
                isError: output.isError)
            try await turn.keep(.toolResult(result), as: .result(result, output), in: journal)
            tell(.toolEnd(call, output))
            turn.guardian.note(call, result)
        }
    }

    /// What comes of `call`. Throws `CancellationError` alone.
    private func output(
        of call: ToolCall, _ caller: Caller, _ tell: @escaping @Sendable (TurnEvent) -> Void
    ) async throws -> ToolOutput {
        if let text = call.malformedArguments {
            return ToolOutput(
                "The arguments of this call are no JSON object, so it was not carried out: \(text.prefix(400))",
                isError: true)
        }
        guard let tool = tools[call.name] else {
            let known = tools.all.map(\.name).joined(separator: ", ")
            return ToolOutput(
                "There is no tool \"\(call.name)\". \(known.isEmpty ? "There are none." : "There are: \(known).")",
                isError: true)
        }
        let context = ToolContext(
            callID: call.id, agentID: caller.agentID, sessionKey: caller.sessionKey, isByAdmin: caller.isByAdmin,
            report: { tell(.toolUpdate(call, $0)) })
        do {
            return try await tool.call(call.arguments, in: context)
        } catch {
            try Task.checkCancellation()
            return ToolOutput("\(error)", isError: true)
        }
    }
}

extension ModelFailure {
    /// There is nothing to sum up.
    fileprivate static let nothingToSumUp = ModelFailure(.aborted, "there is nothing to sum up")

    /// Whether the service says that the model takes no tools, as small ones of local servers do not.
    fileprivate var refusesTools: Bool {
        guard kind == .rejected else { return false }
        let text = message.lowercased()
        return text.contains("support") && (text.contains("tool") || text.contains("function call"))
    }
}

extension InputContent {
    fileprivate init(_ part: ToolOutput.Part) {
        switch part {
        case .text(let text): self = .text(text)
        case .image(let type, let base64): self = .image(ModelImage(mediaType: type, base64: base64))
        }
    }
}

extension ToolOutput {
    /// The same with no more text than `limit` bytes; it says where it was cut off.
    fileprivate func bounded(to limit: Int) -> ToolOutput {
        var (room, output) = (limit, self)
        output.parts = parts.compactMap { part in
            guard case .text(let text) = part else { return part }
            guard room > 0 else { return nil }
            defer { room -= text.utf8.count }
            guard text.utf8.count > room else { return part }
            return .text("\(text.prefix(bytes: room))\n[cut here: the result is longer than \(limit >> 10) KiB]")
        }
        if parts.isEmpty { output.parts = [.text("(no output)")] }
        return output
    }
}
