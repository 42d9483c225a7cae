/// Expressions that address the gateway beside its name: `messages.groupChat.mentionPatterns`.
///
/// They are matched without regard to case. One that is no expression matches its own text.
package struct MentionPatterns: Sendable {
    private let texts: [String]
    /// The longest message that is looked through, in characters: an expression may take long.
    private static let lengthLimit = 2000

    package init(_ texts: [String]) {
        self.texts = texts.filter { !$0.isEmpty }
    }

    /// Whether `message` has one of them.
    package func areIn(_ message: String) -> Bool {
        let message = String(message.prefix(Self.lengthLimit))
        return texts.contains { text in
            guard let expression = try? Regex(text).ignoresCase() else {
                return message.lowercased().contains(text.lowercased())
            }
            return message.contains(expression)
        }
    }
}
