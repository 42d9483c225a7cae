/// Messages that end what is under way instead of asking for more.
enum StopWords {
    private static let words: Set = ["stop", "esc", "abort", "wait", "exit", "interrupt", "/stop"]

    /// Whether `message` is one of them, and nothing else.
    static func contains(_ message: String) -> Bool {
        words.contains(message.trimmed.lowercased())
    }
}
