import Configuration
import Text
import Tools

/// Which tools an agent may use with a model, by the configuration: `tools`, and `agents.list[].tools`.
///
/// Every rule that fits must permit a tool, and none may deny it: an agent's own can only narrow down what counts for all. The
/// agent's profile stands in place of that for all, though.
struct ToolRules: Sendable {
    /// One rule.
    private struct Rule {
        /// What it permits; nil for everything.
        var allowed: [String]?
        var denied: [String] = []

        func permits(_ name: String) -> Bool {
            !ToolRules.matches(name, denied) && (allowed.map { ToolRules.matches(name, $0) } ?? true)
        }
    }

    private var rules: [Rule] = []

    /// The rules for the agent `agentID`, whose model `model` is one of `provider`'s; without a provider those of providers
    /// do not count.
    init(_ content: RootSection, agentID: String, provider: String? = nil, model: String? = nil) {
        let all = content.tools
        let own = content.agents.all.first { IdentifierText.agent($0.id) == agentID }?.tools ?? AgentToolsSection()
        add(profile: own.profile ?? all.profile, and: all.alsoAllow + own.alsoAllow)
        add(allow: all.allow, deny: all.deny)
        add(allow: own.allow, deny: own.deny)
        guard let provider else { return }
        for others in [all.byProvider, own.byProvider] {
            // The more exact one stands in place of the other.
            guard let special = model.flatMap({ others["\(provider)/\($0)"] }) ?? others[provider] else { continue }
            add(profile: special.profile, and: special.alsoAllow)
            add(allow: special.allow, deny: special.deny)
        }
    }

    private mutating func add(profile: ToolProfile?, and more: [String]) {
        guard let profile, let names = Self.profiles[profile] else { return }
        rules.append(Rule(allowed: names + more))
    }

    private mutating func add(allow: [String]?, deny: [String]) {
        // An empty list says nothing: to use no tools, deny "*".
        rules.append(Rule(allowed: allow.flatMap { $0.isEmpty ? nil : $0 }, denied: deny))
    }

    /// Whether the tool `name` may be used.
    func permits(_ name: String) -> Bool { rules.allSatisfy { $0.permits(name) } }

    // MARK: Names

    /// Whether one of `patterns` stands for the tool `name`: its name, another it is known by, `group:NAME`, or a text with `*`.
    private static func matches(_ name: String, _ patterns: [String]) -> Bool {
        patterns.contains { pattern in
            let pattern = pattern.trimmed.lowercased()
            if let group = groups[pattern] { return group.contains(name) }
            if pattern == everyGroup { return true }
            return fits(name, otherNames[pattern] ?? pattern)
        }
    }

    /// Whether `name` is `pattern`, whose `*` stand for anything.
    private static func fits(_ name: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return name == pattern }
        guard name.hasPrefix(first), name.hasSuffix(last), name.count >= first.count + last.count else { return false }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let place = rest.firstRange(of: part) else { return false }
            rest = rest[place.upperBound...]
        }
        return true
    }

    private static let everyGroup = "group:moltbot"

    private static let otherNames = ["bash": "exec", "apply-patch": "apply_patch"]

    private static let groups: [String: [String]] = [
        "group:fs": ["read", "write", "edit", "apply_patch", "ls", "find", "grep"],
        "group:runtime": ["exec", "process"],
        "group:sessions": ["sessions_list", "sessions_history", "sessions_send", "sessions_spawn", "session_status"],
        "group:memory": ["memory_search", "memory_get"],
        "group:web": ["web_search", "web_fetch"],
        "group:ui": ["browser", "canvas"],
        "group:automation": ["cron", "gateway"],
        "group:messaging": ["message"],
        "group:nodes": ["nodes"],
    ]

    private static let profiles: [ToolProfile: [String]] = [
        .minimal: ["session_status"],
        .coding: ["group:fs", "group:runtime", "group:sessions", "group:memory", "image"],
        .messaging: ["group:messaging", "sessions_list", "sessions_history", "sessions_send", "session_status"],
    ]
}

/// The tools of a gateway, of which each agent may use some.
struct AgentTools: Sendable {
    let all: ToolSet
    let configuration: Current<GatewayConfiguration>

    /// Those that the agent `agentID` may use with a model of `provider`.
    func set(for agentID: String, provider: String? = nil, model: String? = nil) -> ToolSet {
        let rules = ToolRules(configuration.value.content, agentID: agentID, provider: provider, model: model)
        return ToolSet(all.all.filter { rules.permits($0.name) })
    }
}
