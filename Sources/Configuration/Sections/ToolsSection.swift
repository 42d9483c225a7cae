public import Time

/// `tools`: what agents may use.
public struct ToolsSection: ConfigurationSection {
    /// `exec`. Running commands.
    public var exec = ExecSection()
    /// `profile`. A set of tools by name; nil for all.
    public var profile: ToolProfile?
    /// `allow`. The tools that may be used; nil for all of the profile's.
    public var allow: [String]?
    /// `alsoAllow`. Tools beside those of the profile.
    public var alsoAllow: [String] = []
    /// `deny`. Tools that may not be used.
    public var deny: [String] = []
    /// `byProvider`. What differs for a provider of models, or for one model, by `provider` or `provider/model`.
    public var byProvider: [String: ToolRulesSection] = [:]

    static let settings: [Setting<ToolsSection>] = [
        Setting(
            "profile", \.profile,
            "A set of tools: minimal (session_status), coding (files, commands, sessions, image), messaging, full. Default full."
        ),
        Setting(
            "allow", \.allow,
            "The tools that may be used, as names, as group:NAME or with *. Default those of the profile."),
        Setting("alsoAllow", \.alsoAllow, "Tools beside those of the profile."),
        Setting("deny", \.deny, "Tools that may not be used, whatever else says so."),
        Setting("byProvider", \.byProvider, "What counts beside that for a provider of models, or for provider/model."),
        Setting(unserved: "web", .webTools, "Searching and fetching."),
        Setting(unserved: "media", .mediaTools, "Understanding media."),
        Setting(unserved: "links", .linkTools, "Understanding links."),
        Setting(unserved: "message", .messageTool, "Sending messages."),
        Setting(
            unserved: "agentToAgent", .object(["enabled": .boolean, "allow": .strings]),
            "Whether agents write to each other."),
        Setting(unserved: "elevated", .elevated, "Who may run commands outside the container."),
        Setting("exec", \.exec, "Running commands."),
        Setting(unserved: "subagents", .object(["tools": .toolPolicy]), "What sub-agents may use."),
        Setting(unserved: "sandbox", .object(["tools": .toolPolicy]), "What may be used in a container."),
    ]
}

/// A set of tools by name.
public enum ToolProfile: String, SettingWord {
    case minimal, coding, messaging, full
}

/// Which tools may be used.
public struct ToolRulesSection: ConfigurationSection {
    /// `profile`. A set of tools by name; nil where nothing differs.
    public var profile: ToolProfile?
    /// `allow`. The tools that may be used; nil for all of the profile's.
    public var allow: [String]?
    /// `alsoAllow`. Tools beside those of the profile.
    public var alsoAllow: [String] = []
    /// `deny`. Tools that may not be used.
    public var deny: [String] = []

    static let settings: [Setting<ToolRulesSection>] = [
        Setting("profile", \.profile, "A set of tools by name."),
        Setting("allow", \.allow, "The tools that may be used."),
        Setting("alsoAllow", \.alsoAllow, "Tools beside those of the profile."),
        Setting("deny", \.deny, "Tools that may not be used."),
    ]
}

/// `tools.exec`: running commands.
public struct ExecSection: ConfigurationSection {
    /// Which commands run.
    public enum Security: String, SettingWord {
        case deny, allowlist, full
    }

    /// Whether somebody is asked first.
    public enum Ask: String, SettingWord {
        case off
        case onMiss = "on-miss"
        case always
    }

    /// `security`. Which commands run; nil where nothing is said, which permits none.
    public var security: Security?
    /// `ask`. Whether somebody is asked first.
    public var ask: Ask?
    /// `timeoutSec`. After how long a command is ended.
    public var timeout = TimeSpan(30, .minutes)
    /// `network`. Whether commands may connect to hosts, by the ports that the host's policy lists.
    public var network = false

    static let settings: [Setting<ExecSection>] = [
        Setting(unserved: "host", .words("sandbox", "gateway", "node"), "Where commands run."),
        Setting(
            "security", \.security,
            "Which commands run: deny (none), allowlist (those approved; none yet) or full (all, each in its cage). Default deny."
        ),
        Setting("ask", \.ask, "Whether somebody is asked first. Nobody can be asked yet: always permits none."),
        Setting(unserved: "node", .string, "The node on which commands run."),
        Setting(unserved: "pathPrepend", .strings, "More directories of programs."),
        Setting(unserved: "safeBins", .strings, "Programs that read standard input alone, and need no approval."),
        Setting(unserved: "backgroundMs", .positive, "After how long a command goes on in the background."),
        Setting(
            "timeoutSec", \.timeout, .seconds, TimeSpan(1, .seconds)...TimeSpan(24, .hours),
            "After how many seconds a command is ended, where the call does not say."),
        Setting(
            "network", \.network,
            "Whether commands may connect to hosts, by the ports of the kind tool-network in the host's policy tool.json."
        ),
        Setting(unserved: "cleanupMs", .positive, "How long a command that has ended is remembered."),
        Setting(unserved: "notifyOnExit", .boolean, "Whether the agent is told when a command in the background ends."),
        Setting(
            unserved: "applyPatch", .object(["enabled": .boolean, "allowModels": .strings]),
            "Which models have apply_patch."),
    ]
}

/// `agents.list[].tools`: what one agent may use. It can only narrow down what `tools` says, but for the profile.
public struct AgentToolsSection: ConfigurationSection {
    /// `profile`. A set of tools by name; nil where nothing differs.
    public var profile: ToolProfile?
    /// `allow`. The tools that it may use; nil for all.
    public var allow: [String]?
    /// `alsoAllow`. Tools beside those of the profile.
    public var alsoAllow: [String] = []
    /// `deny`. Tools that it may not use.
    public var deny: [String] = []
    /// `byProvider`. What differs for a provider of models, or for one model.
    public var byProvider: [String: ToolRulesSection] = [:]
    /// `exec`. Running commands.
    public var exec = AgentExecSection()

    /// One that changes nothing.
    public init() {}

    static let settings: [Setting<AgentToolsSection>] = [
        Setting("profile", \.profile, "A set of tools by name, in place of that of tools."),
        Setting("allow", \.allow, "The tools that it may use, of those that tools permits."),
        Setting("alsoAllow", \.alsoAllow, "Tools beside those of the profile."),
        Setting("deny", \.deny, "Tools that it may not use."),
        Setting("byProvider", \.byProvider, "What counts beside that for a provider of models, or for provider/model."),
        Setting(unserved: "elevated", .elevated, "Who may run commands outside the container."),
        Setting("exec", \.exec, "Running commands, where that differs."),
        Setting(unserved: "sandbox", .object(["tools": .toolPolicy]), "What may be used in a container."),
    ]
}

/// `agents.list[].tools.exec`: running commands, where one agent differs.
public struct AgentExecSection: ConfigurationSection {
    /// `security`. Which commands run; nil where nothing differs.
    public var security: ExecSection.Security?
    /// `ask`. Whether somebody is asked first; nil where nothing differs.
    public var ask: ExecSection.Ask?

    static let settings: [Setting<AgentExecSection>] = [
        Setting(unserved: "host", .words("sandbox", "gateway", "node"), "Where commands run."),
        Setting("security", \.security, "Which commands run: deny, allowlist or full."),
        Setting("ask", \.ask, "Whether somebody is asked first."),
        Setting(unserved: "node", .string, "The node on which commands run."),
        Setting(unserved: "pathPrepend", .strings, "More directories of programs."),
        Setting(unserved: "safeBins", .strings, "Programs that need no approval."),
        Setting(unserved: "backgroundMs", .positive, "After how long a command goes on in the background."),
        Setting(unserved: "timeoutSec", .positive, "After how many seconds a command is ended."),
        Setting(unserved: "approvalRunningNoticeMs", .natural, "When it is told that an approved command runs."),
        Setting(unserved: "cleanupMs", .positive, "How long a command that has ended is remembered."),
        Setting(unserved: "notifyOnExit", .boolean, "Whether the agent is told when a command in the background ends."),
        Setting(
            unserved: "applyPatch", .object(["enabled": .boolean, "allowModels": .strings]),
            "Which models have apply_patch."),
    ]
}
