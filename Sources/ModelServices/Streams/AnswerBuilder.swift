import JSON

/// Puts an answer together from the pieces in which it comes, and notes what is to be told of it.
struct AnswerBuilder {
    private struct Block {
        let kind: BlockKind
        /// Of a call: its arguments.
        var text = ""
        var signature: String?
        var isRedacted = false
        var id = ""
        var name = ""
        var isOpen = true

        var content: AnswerContent {
            switch kind {
            case .text: .text(AnswerText(text, signature: signature))
            case .thinking: .thinking(Thinking(text, signature: signature, isRedacted: isRedacted))
            case .toolCall: .toolCall(ToolCall(id: id, name: name, text: text))
            }
        }
    }

    private let source: ModelIdentity
    private var blocks: [Block] = []
    private var events: [ModelEvent] = []
    /// What the service counted.
    var usage = ModelUsage()
    /// What the service calls the answer.
    var responseID: String?
    /// Why it ended, when the service said so.
    var stopReason: StopReason?

    init(_ source: ModelIdentity) {
        self.source = source
    }

    /// Whether anything of an answer came.
    var isEmpty: Bool { blocks.isEmpty }

    /// What is to be told and was not told yet.
    mutating func takeEvents() -> [ModelEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    // MARK: Blocks

    /// Begins text; returns its place.
    mutating func beginText(signature: String? = nil) -> Int {
        begin(Block(kind: .text, signature: signature))
    }

    /// Begins thoughts; returns their place.
    mutating func beginThinking(signature: String? = nil, isRedacted: Bool = false) -> Int {
        begin(Block(kind: .thinking, signature: signature, isRedacted: isRedacted))
    }

    /// Begins a call of a tool; returns its place.
    mutating func beginToolCall(id: String, name: String) -> Int {
        begin(Block(kind: .toolCall, id: id, name: name))
    }

    private mutating func begin(_ block: Block) -> Int {
        if blocks.isEmpty { events.append(.start) }
        blocks.append(block)
        events.append(.blockStart(blocks.count - 1, block.kind))
        return blocks.count - 1
    }

    /// The part at `index` goes on with `text`.
    mutating func append(_ text: String, to index: Int) {
        guard !text.isEmpty, blocks[index].isOpen else { return }
        blocks[index].text += text
        events.append(.blockDelta(index, blocks[index].kind, text))
    }

    /// What the service knows the part at `index` by goes on with `signature`.
    mutating func sign(_ index: Int, _ signature: String) {
        blocks[index].signature = (blocks[index].signature ?? "") + signature
    }

    /// The tool of the call at `index`, for a service that says it later than the call.
    mutating func name(_ index: Int, _ name: String) {
        if blocks[index].name.isEmpty { blocks[index].name = name }
    }

    /// The part at `index` is whole.
    mutating func end(_ index: Int) {
        guard blocks[index].isOpen else { return }
        blocks[index].isOpen = false
        events.append(.blockEnd(index, blocks[index].content))
    }

    /// Every part is whole.
    mutating func endAll() {
        for index in blocks.indices { end(index) }
    }

    /// What the part at `index` says so far; of a call, its arguments.
    func text(of index: Int) -> String { blocks[index].text }

    // MARK: The end

    /// The answer as far as it came, which ended for `reason`.
    func answer(_ reason: StopReason) -> ModelAnswer {
        ModelAnswer(
            blocks.map(\.content), from: source, usage: usage, stopReason: reason, responseID: responseID)
    }

    /// The whole answer. Throws `ModelFailure` when the service said that there would be something which did not come.
    ///
    /// What a service says of the end is not believed against what it sent: several say `stop` after a call, and some
    /// announce a call and send none.
    mutating func finish() throws(ModelFailure) -> ModelAnswer {
        endAll()
        let reason = stopReason ?? .stop
        let answer = answer(reason)
        let hasCalls = !answer.toolCalls.isEmpty
        switch reason {
        case .stop where hasCalls: return self.answer(.toolUse)
        case .toolUse where !hasCalls:
            guard answer.content.contains(where: \.isText) else {
                throw ModelFailure(.truncated, "the service said that a tool is to be called, and sent no call")
            }
            return self.answer(.stop)
        case .stop, .length, .toolUse, .error, .aborted: return answer
        }
    }
}

extension AnswerContent {
    fileprivate var isText: Bool {
        if case .text(let text) = self { !text.text.isEmpty } else { false }
    }
}

/// What a reader of a format does.
protocol AnswerReader: Sendable {
    /// What came so far.
    var builder: AnswerBuilder { get set }
    /// Whether the service said that the answer is whole.
    var isOver: Bool { get }

    /// Takes in the next event of the stream, which is `json`. Throws `ModelFailure` when it tells of one, or is none of
    /// this format.
    mutating func read(_ json: JSON) throws(ModelFailure)

    /// Takes in a whole answer that was not sent as a stream. Throws `ModelFailure`.
    mutating func read(whole json: JSON) throws(ModelFailure)
}
