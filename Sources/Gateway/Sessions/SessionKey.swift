import Text

/// The name of a session: `agent:AGENT:REST`, `global` or `unknown`, in lower case.
///
///     let key = SessionKey(alias: "main", settings: settings)  // agent:main:main
public struct SessionKey: Hashable, Sendable, CustomStringConvertible {
    /// What kind of conversation a session holds, as `sessions.list` tells it.
    public enum Kind: String, Sendable {
        case direct, group, global, unknown
    }

    /// The key as it is kept and sent.
    public let text: String

    /// The session of everybody, when `session.scope` is `global`.
    public static let global = SessionKey(text: "global")
    /// Where what has no sender goes.
    public static let unknown = SessionKey(text: "unknown")

    private init(text: String) {
        self.text = text
    }

    /// The session `rest` of `agent`.
    public init(agent: String, rest: String) {
        text = "agent:\(IdentifierText.agent(agent)):\(Self.normal(rest))"
    }

    /// The main session of `agent`.
    public static func main(of agent: String, settings: SessionSettings) -> SessionKey {
        settings.scope == .global ? .global : SessionKey(agent: agent, rest: settings.mainKey)
    }

    /// The session a client means by `alias`: `main`, a bare name, or a whole key. Nil when nothing is written.
    ///
    /// A bare name is one of the default agent's sessions, and every spelling of the main session is the main
    /// session.
    public init?(alias: String, settings: SessionSettings) {
        let text = Self.normal(alias)
        guard !text.isEmpty else { return nil }
        let mainKey = Self.normal(settings.mainKey)
        guard text != Self.global.text, text != Self.unknown.text else {
            self.init(text: text)
            return
        }
        let key =
            Self.agentAndRest(text) == nil ? SessionKey(agent: settings.defaultAgent, rest: text) : Self(text: text)
        if let agent = key.agent, key.rest == "main" || key.rest == mainKey {
            self = .main(of: agent, settings: settings)
        } else {
            self = key
        }
    }

    /// A key as it was kept. Nil when nothing is written.
    public init?(stored text: String) {
        let text = Self.normal(text)
        guard !text.isEmpty else { return nil }
        self.init(text: text)
    }

    /// The agent whose session it is; nil for `global`, `unknown` and keys of no known form.
    public var agent: String? { Self.agentAndRest(text).map { String($0.agent) } }

    /// What stands behind the agent; the whole key when it names no agent.
    public var rest: String { Self.agentAndRest(text).map { String($0.rest) } ?? text }

    /// The thread of this session called `id`.
    public func thread(_ id: String) -> SessionKey {
        let id = Self.normal(id)
        return id.isEmpty ? self : SessionKey(text: "\(text):thread:\(id)")
    }

    /// Whether it is a thread of another session.
    public var isThread: Bool { text.contains(":thread:") }

    /// The kind, as far as the key tells.
    public var kind: Kind {
        switch text {
        case Self.global.text: .global
        case Self.unknown.text: .unknown
        default: text.contains(":group:") || text.contains(":channel:") ? .group : .direct
        }
    }

    /// The channel the messages come through, when the key tells: `agent:A:CHANNEL:group:ID`.
    public var channel: String? {
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        let kinds: Set<Substring> = ["group", "channel", "dm"]
        guard parts.count >= 3, let place = parts.firstIndex(where: kinds.contains), place > 0 else { return nil }
        return String(parts[0])
    }

    /// The key as clients and the database spell it.
    public var description: String { text }

    /// Whether it is its agent's main session.
    public func isMain(settings: SessionSettings) -> Bool {
        self == .main(of: agent ?? settings.defaultAgent, settings: settings)
    }

    static func normal(_ text: String) -> String {
        let lower = text.lowercased()
        let trimmed = lower.drop(while: \.isWhitespace)
        guard let end = trimmed.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(trimmed[...end])
    }

    private static func agentAndRest(_ text: String) -> (agent: Substring, rest: Substring)? {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "agent", !parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        return (parts[1], parts[2])
    }
}
