public import ModelServices

/// What a model is told of a conversation: a summary of its older part where there is one, and the messages since.
public struct ModelContext: Sendable {
    /// One message, and what its transcript calls it.
    public struct Entry: Equatable, Sendable {
        /// Its id in the transcript.
        public var id: String
        /// What it says.
        public var message: ModelMessage

        /// The message that the transcript calls `id`.
        public init(id: String, _ message: ModelMessage) {
            self.id = id
            self.message = message
        }
    }

    /// What was said before the first message, in short; nil when nothing was.
    public var summary: String?
    /// The messages since, oldest first.
    public var entries: [Entry]

    /// A conversation of which there is no more than `entries`, and `summary` of what was before.
    public init(summary: String? = nil, _ entries: [Entry] = []) {
        self.summary = summary
        self.entries = entries
    }

    /// What stands before a summary that a model is told.
    static let summaryPreface = "The conversation before this was summed up:"

    private var first: ModelMessage? {
        summary.map { .user([.text("\(Self.summaryPreface)\n\n<summary>\n\($0)\n</summary>")]) }
    }

    /// The messages of a request.
    public var messages: [ModelMessage] { (first.map { [$0] } ?? []) + entries.map(\.message) }

    /// About how many tokens its messages take.
    public var tokens: Int64 { messages.reduce(0) { $0 + TokenEstimate.count($1) } }

    /// The same without the oldest messages, as far as needed for it to take no more than `tokens`. What is there of the turn
    /// that is answered, from the last thing a user said on, stays. Begins with something a user said.
    func fitted(into tokens: Int64) -> ModelContext {
        let turn = entries.lastIndex { $0.message.isByUser } ?? entries.startIndex
        var room = tokens - entries[turn...].reduce(0) { $0 + TokenEstimate.count($1.message) }
        room -= first.map(TokenEstimate.count) ?? 0
        var start = turn
        while start > entries.startIndex {
            room -= TokenEstimate.count(entries[start - 1].message)
            guard room >= 0 else { break }
            start -= 1
        }
        guard start > entries.startIndex else { return self }
        // A conversation does not begin with an answer, nor with the result of a call that is not there.
        while start < turn, !entries[start].message.isByUser { start += 1 }
        return ModelContext(summary: summary, Array(entries[start...]))
    }
}

extension ModelMessage {
    /// Whether a user said it.
    var isByUser: Bool {
        if case .user = self { true } else { false }
    }

    /// Whether it is what came of a call.
    var isToolResult: Bool {
        if case .toolResult = self { true } else { false }
    }
}
