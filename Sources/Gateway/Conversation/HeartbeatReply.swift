import Text

/// What an agent answered to a heartbeat, without the word that there is nothing to do.
struct HeartbeatReply: Sendable, Equatable {
    /// What an agent answers when there is nothing to do.
    static let word = "HEARTBEAT_OK"

    /// What it says beside the word.
    let text: String
    /// Whether the word stands at its beginning or its end; in the middle it is talked about.
    let hasWord: Bool

    /// Reads an answer.
    init(_ answer: String) {
        var rest = Self.bare(answer)
        var hasWord = false
        while rest.hasPrefix(Self.word), !Self.goesOn(rest.dropFirst(Self.word.count).first) {
            rest = Self.bare(String(rest.dropFirst(Self.word.count).drop { Self.points.contains($0) }))
            hasWord = true
        }
        while case let end = Self.withoutPoint(rest), end.hasSuffix(Self.word),
            !Self.goesOn(end.dropLast(Self.word.count).last)
        {
            rest = Self.bare(String(end.dropLast(Self.word.count)))
            hasWord = true
        }
        text = hasWord ? rest : answer.trimmed
        self.hasWord = hasWord
    }

    /// Whether it says nothing, but for `limit` characters beside the word.
    func isQuiet(within limit: Int) -> Bool {
        hasWord ? text.count <= limit : text.isEmpty
    }

    /// Without space and marks of emphasis around it.
    private static func bare(_ text: String) -> String {
        let marks: Set<Character> = ["*", "_", "`", "~"]
        let start = text.drop { $0.isWhitespace || marks.contains($0) }
        guard let end = start.lastIndex(where: { !$0.isWhitespace && !marks.contains($0) }) else { return "" }
        return String(start[...end])
    }

    private static func withoutPoint(_ text: String) -> String {
        guard let last = text.last, points.contains(last) else { return text }
        return bare(String(text.dropLast()))
    }

    private static let points: Set<Character> = [".", "!"]

    private static func goesOn(_ character: Character?) -> Bool {
        character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
    }
}
