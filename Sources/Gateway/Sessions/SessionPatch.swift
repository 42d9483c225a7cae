import Configuration
import GatewayProtocol
import Text

/// What is to change of a session, at its owner's wish.
struct SessionPatch: Sendable {
    var label: Change<String>?
    /// New words for settings.
    var settings: [(setting: SessionSetting, change: Change<String>)] = []
    /// `execNode`.
    var node: Change<String>?
    /// `provider/model`; the caller knows that it has a provider.
    var model: Change<ModelName>?
    var spawnedBy: Change<String>?

    /// Makes the changes to `entry`. Throws `ProtocolError`.
    func apply(to entry: inout SessionEntry) throws(ProtocolError) {
        for (setting, change) in settings { entry[setting] = try setting.value(of: change) }
        if let label { entry.label = try Self.text(label, "label") }
        if let node { entry.execNode = try Self.text(node, "execNode") }
        switch model {
        case nil: break
        case .clear: entry.choose(nil)
        case .set(let name): entry.choose(name)
        }
        if let spawnedBy { try apply(spawnedBy, to: &entry) }
    }

    /// Who started a session stays true.
    private func apply(_ change: Change<String>, to entry: inout SessionEntry) throws(ProtocolError) {
        let parent = try Self.text(change, "spawnedBy")
        guard parent != entry.spawnedBy else { return }
        guard entry.spawnedBy == nil, let parent else {
            throw ProtocolError(.invalidRequest, "spawnedBy cannot be changed once set")
        }
        guard entry.key.rest.hasPrefix("subagent:") else {
            throw ProtocolError(.invalidRequest, "spawnedBy is only supported for subagent:* sessions")
        }
        entry.spawnedBy = parent
    }

    private static func text(_ change: Change<String>, _ name: String) throws(ProtocolError) -> String? {
        guard case .set(let text) = change else { return nil }
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw ProtocolError(.invalidRequest, "invalid \(name): empty") }
        return trimmed
    }
}

/// A setting of a session that is one word of a few.
struct SessionSetting: Sendable {
    /// Where the entry keeps it; on the wire it has the same name.
    let member: SessionEntry.Member
    let words: [String]
    /// The word that means the same as no setting, and is not kept.
    let neutral: String?
    /// How its words are listed when another one comes.
    private let hint: String

    private init(_ member: SessionEntry.Member, _ words: [String], neutral: String? = nil, hint: String? = nil) {
        self.member = member
        self.words = words
        self.neutral = neutral
        self.hint = hint ?? words.map { "\"\($0)\"" }.joined(separator: "|")
    }

    static let thinking = SessionSetting(
        .thinkingLevel, ["off", "minimal", "low", "medium", "high", "xhigh"], neutral: "off",
        hint: "off|minimal|low|medium|high|xhigh")
    static let verbose = SessionSetting(.verboseLevel, ["on", "off", "full"], hint: "\"on\"|\"off\"")
    static let reasoning = SessionSetting(.reasoningLevel, ["on", "off", "stream"], neutral: "off")
    static let usage = SessionSetting(.responseUsage, ["off", "tokens", "full"], neutral: "off")
    static let elevated = SessionSetting(.elevatedLevel, ["on", "off", "ask", "full"])
    static let host = SessionSetting(.execHost, ["sandbox", "gateway", "node"])
    static let security = SessionSetting(.execSecurity, ["deny", "allowlist", "full"])
    static let ask = SessionSetting(.execAsk, ["off", "on-miss", "always"])
    static let sending = SessionSetting(.sendPolicy, ["allow", "deny"])
    static let activation = SessionSetting(.groupActivation, ["mention", "always"])

    /// What is kept after `change`; nil means nothing. Throws `ProtocolError` for another word, given for the parameter
    /// `name`, or the one of the setting's own name.
    func value(of change: Change<String>, named name: String? = nil) throws(ProtocolError) -> String? {
        guard case .set(let text) = change else { return nil }
        let word = text.trimmed.lowercased()
        guard words.contains(word) else {
            throw ProtocolError(.invalidRequest, "invalid \(name ?? member.rawValue) (use \(hint))")
        }
        return word == neutral ? nil : word
    }
}
