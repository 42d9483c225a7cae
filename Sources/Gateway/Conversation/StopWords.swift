import Text

/// Messages that end what is under way instead of asking for more.
enum StopWords {
    private static let words: Set = ["stop", "esc", "abort", "wait", "exit", "interrupt", "/stop"]

    private static let longest = words.lazy.map(\.utf8.count).max() ?? 0

    /// Whether `message` is one of them, and nothing else.
    static func contains(_ message: String) -> Bool {
        let word = message.trimmed
        return word.utf8.count <= longest && words.contains(word.lowercased())
    }
}
