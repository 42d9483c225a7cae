import JSON
import Text

/// The messages of a request under `/v1`, as one turn of an agent that remembers nothing of the earlier ones.
struct FoldedMessages {
    /// Who says it.
    enum Role: String {
        case system, developer, user, assistant, tool
    }

    /// What is said.
    struct Message {
        var role: Role
        /// What a tool is called.
        var name: String?
        var text: String
    }

    /// What the agent is asked.
    private(set) var prompt = ""
    /// What it is told before everything else.
    private(set) var instructions: String?

    /// Folds `messages`: the last one of a user or a tool is asked, those before it stand in front of it as what was
    /// said so far. Throws `APIError` when nobody asks anything.
    ///
    /// - Parameter fault: what is said then.
    init(_ messages: [Message], fault: String) throws(APIError) {
        let messages = messages.filter { !$0.text.trimmed.isEmpty }
        let told = messages.filter { $0.role == .system || $0.role == .developer }.map(\.text)
        instructions = told.isEmpty ? nil : told.joined(separator: "\n\n")
        let said = messages.filter { $0.role != .system && $0.role != .developer }
        guard let last = said.lastIndex(where: { $0.role == .user || $0.role == .tool }) else {
            throw .invalid(fault)
        }
        // What an assistant said after the question is a beginning of its answer.
        let before = said[..<last]
        let after = said[said.index(after: last)...]
        guard !before.isEmpty || !after.isEmpty || said[last].role == .tool else {
            prompt = said[last].text
            return
        }
        var parts: [String] = []
        if !before.isEmpty {
            parts.append("What was said so far:\n\n" + before.map(Self.line).joined(separator: "\n\n"))
        }
        parts.append("Answer this:\n\n" + Self.line(said[last]))
        if !after.isEmpty {
            parts.append("Go on from here:\n\n" + after.map(Self.line).joined(separator: "\n\n"))
        }
        prompt = parts.joined(separator: "\n\n")
    }

    private static func line(_ message: Message) -> String {
        let speaker =
            switch message.role {
            case .system, .developer, .user: "User"
            case .assistant: "Assistant"
            case .tool: message.name.map { "Tool \($0)" } ?? "Tool"
            }
        return "\(speaker): \(message.text)"
    }
}
