import Policy

/// What an agent looks like: `agents.list[].identity.avatar`.
public enum AgentPicture: Sendable, Equatable {
    /// Somewhere else, or in the address itself: `https:`, `http:` or `data:image/`.
    case address(String)
    /// The file at this path below the agent's workspace. Agents write there: what stands at it may be anything.
    case file(workspace: String, path: [String])

    /// What `text` means for an agent that works in `workspace`; nil when it is neither an address nor a path within it.
    init?(_ text: String, workspace: AbsolutePath) {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        switch scheme {
        case "http", "https": self = .address(text)
        case "data" where text.lowercased().hasPrefix("data:image/"): self = .address(text)
        default:
            let path = text.split(separator: "/").map(String.init).filter { $0 != "." }
            guard !path.isEmpty, !text.hasPrefix("/"), !text.hasPrefix("~"), !path.contains(".."),
                !text.utf8.contains(0)
            else { return nil }
            self = .file(workspace: workspace.text, path: path)
        }
    }
}

extension Gateway {
    /// What the agent `id` looks like; nil when there is no such agent, or its picture is a letter or an emoji.
    public func picture(ofAgent id: String) -> AgentPicture? { agents.named(id)?.picture }
}
