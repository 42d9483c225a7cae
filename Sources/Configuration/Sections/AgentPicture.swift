public import Policy
import Text

/// What an agent looks like: `agents.list[].identity.avatar`.
public enum AgentPicture: Sendable, Equatable {
    /// Somewhere else, or in the address itself: `https:`, `http:` or `data:image/`.
    case address(String)
    /// The file at this path below the agent's workspace. Agents write there: what stands at it may be anything.
    case file(workspace: AbsolutePath, path: [String])

    /// What `text` means for an agent that works in `workspace`; nil when it is neither an address nor a path within it.
    package init?(_ text: String, workspace: AbsolutePath) {
        let text = text.trimmed
        if Self.isAddress(text) {
            self = .address(text)
        } else if let path = Self.path(text, below: workspace.text) {
            self = .file(workspace: workspace, path: path)
        } else {
            return nil
        }
    }

    /// Whether `text` means something for an agent that works in `workspace`, or wherever when that is nil.
    static func isPossible(_ text: String, workspace: String?) -> Bool {
        isAddress(text) || path(text, below: workspace) != nil
    }

    private static func isAddress(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["http:", "https:", "data:image/"].contains(where: text.hasPrefix)
    }

    /// The path `text` below `workspace`; nil when it leads out of it, or to it.
    private static func path(_ text: String, below workspace: String?) -> [String]? {
        guard !text.utf8.contains(0), !text.hasPrefix("~"), !hasScheme(text) else { return nil }
        var rest = text[...]
        if text.hasPrefix("/") {
            guard let workspace, text.hasPrefix("\(workspace)/") else { return nil }
            rest = text.dropFirst(workspace.count)
        }
        var path: [String] = []
        for part in rest.split(separator: "/") where part != "." {
            if part != ".." {
                path.append(String(part))
            } else if path.popLast() == nil {
                return nil
            }
        }
        return path.isEmpty ? nil : path
    }

    /// Whether `text` begins as an address of any kind does (RFC 3986 section 3.1).
    private static func hasScheme(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = text.utf8[..<colon]
        func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
        return scheme.first.map(isLetter) == true
            && scheme.allSatisfy { byte in
                isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.".utf8.contains(byte)
            }
    }
}
