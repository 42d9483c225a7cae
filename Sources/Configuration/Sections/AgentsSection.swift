import JSON
import Text

/// `agents`: who answers.
public struct AgentsSection: ConfigurationSection {
    /// `defaults`: what counts for every agent whose own entry says nothing else.
    public var defaults = AgentDefaults()
    /// `list`, as it was written.
    public var list: [AgentSection] = []

    /// No agents listed.
    public init() {}

    static let settings: [Setting<AgentsSection>] = [
        Setting("defaults", \.defaults, "What counts for every agent that says nothing else."),
        Setting("list", \.list, "The agents. Without any there is one, main."),
    ]

    static let checks = [
        ObjectCheck { agents in
            repeated(agents["list"], "id") { id, index in
                (
                    [.name("list"), .index(index), .name("id")],
                    "the agent \"\(id)\" is listed twice (ids are the same in upper and lower case)"
                )
            }
                ?? repeated(agents["list"], "agentDir") { path, index in
                    (
                        [.name("list"), .index(index), .name("agentDir")],
                        "\"\(path)\" belongs to another agent already; each needs a directory of its own"
                    )
                }
        },
        ObjectCheck { agents in
            for (index, agent) in (agents["list"]?.array ?? []).enumerated() {
                guard let avatar = agent["identity"]?["avatar"]?.string?.trimmed, !avatar.isEmpty,
                    !AgentPicture.isPossible(avatar, workspace: workspace(of: agent, in: agents))
                else { continue }
                return (
                    [.name("list"), .index(index), .name("identity"), .name("avatar")],
                    "expected a path within the agent's workspace, relative to it, or an address that begins with "
                        + "https:, http: or data:image/"
                )
            }
            return nil
        },
    ]

    /// The workspace of `agent`, one of `agents`, where the configuration says it.
    private static func workspace(of agent: JSON, in agents: JSONObject) -> String? {
        if let own = agent["workspace"]?.string { return own }
        guard let root = agents["defaults"]?["workspace"]?.string, let id = agent["id"]?.string else { return nil }
        let list = agents["list"]?.array ?? []
        let isDefault = (list.first { $0["default"]?.bool == true } ?? list.first)?["id"]?.string == id
        return isDefault ? root : "\(root)/agents/\(IdentifierText.agent(id.lowercased()))"
    }

    /// The first entry of `list` whose text `name` an earlier one has too.
    private static func repeated(
        _ list: JSON?, _ name: String, _ fault: (String, Int) -> (path: [JSON.PathComponent], message: String)
    ) -> (path: [JSON.PathComponent], message: String)? {
        var seen: Set<String> = []
        for (index, agent) in (list?.array ?? []).enumerated() {
            guard let text = agent[name]?.string else { continue }
            guard seen.insert(text.lowercased()).inserted else { return fault(text, index) }
        }
        return nil
    }

    /// The agents there are: those listed, or `main` alone.
    public var all: [AgentSection] {
        list.isEmpty ? [AgentSection(id: "main", isDefault: true)] : list
    }

    /// The id of the agent that answers when none is named: the one marked, or the first.
    public var defaultID: String {
        (all.first(where: \.isDefault) ?? all[0]).id
    }

    /// The models that may answer for `agent`, one of `all`, in the order in which they are tried: its own, or those of
    /// `defaults`. Without any the operator answers.
    package func models(of agent: AgentSection) -> [ModelName] {
        guard let primary = agent.model?.primary ?? defaults.model.primary else { return [] }
        return ([primary] + (agent.model.map(\.fallbacks) ?? defaults.model.fallbacks)).map(ModelName.init)
    }
}

/// One entry of `agents.list`.
public struct AgentSection: ConfigurationSection {
    private var writtenID = ""
    /// `default`: whether it answers when no agent is named.
    public var isDefault = false
    /// `name`: the agent's name, for people. Nil when the file gives none.
    public var name: String?
    /// `workspace`, as it was written.
    public var workspace: String?
    /// `agentDir`, as it was written.
    public var agentDirectory: String?
    /// `model`: the agent's own model. Nil means the one of `agents.defaults`.
    public var model: ModelChoice?
    /// `identity`: how the agent appears to people.
    public var identity = AgentIdentity()
    /// `tools`: what it may use, beside what the section of that name says.
    public var tools = AgentToolsSection()
    /// `heartbeat`: what differs from `agents.defaults.heartbeat`. Nil when nothing does.
    public var heartbeat: HeartbeatSection.Changes?

    /// Its id, in lower case.
    public var id: String { writtenID.lowercased() }

    init() {}

    init(id: String, isDefault: Bool) {
        writtenID = id
        self.isDefault = isDefault
    }

    static let settings: [Setting<AgentSection>] = [
        Setting("id", \.writtenID, "Its id: part of session keys and directory names.").required,
        Setting("default", \.isDefault, "Whether it answers when no agent is named. Otherwise the first does."),
        Setting("name", \.name, "Its name, for people."),
        Setting("workspace", \.workspace, "Its workspace. Without one: a directory in the profile's tree."),
        Setting("agentDir", \.agentDirectory, "Where its own state is kept; no two agents may share it.").unserved,
        Setting("model", \.model, "Its model."),
        Setting(unserved: "memorySearch", .memorySearch, "How it finds what it remembers."),
        Setting(unserved: "humanDelay", .humanDelay, "Pauses between its messages."),
        Setting("heartbeat", \.heartbeat, "When it looks for work by itself, where that differs."),
        Setting("identity", \.identity, "How it appears to people."),
        Setting(unserved: "groupChat", .groupChat, "How it behaves in groups."),
        Setting(
            unserved: "subagents", .object(["allowAgents": .strings, "model": ModelChoice.schema]),
            "The agents it may start."),
        Setting(unserved: "sandbox", .sandbox, "The containers of the original gateway."),
        Setting("tools", \.tools, "What it may use, beside what tools says."),
    ]
}

/// How an agent appears to people.
public struct AgentIdentity: ConfigurationSection {
    /// `name`: the name that people see.
    public var name: String?
    /// `theme`: the agent's character, in a few words.
    public var theme: String?
    /// `emoji`: the emoji beside the agent's name.
    public var emoji: String?
    /// `avatar`: the agent's picture, as a path within its workspace (relative to it) or as an address that begins with
    /// `https:`, `http:` or `data:image/`.
    public var avatar: String?

    static let settings: [Setting<AgentIdentity>] = [
        Setting("name", \.name, "Its name."),
        Setting("theme", \.theme, "Its character, in a few words."),
        Setting("emoji", \.emoji, "The emoji beside its name."),
        Setting("avatar", \.avatar, "Its picture: a file of its workspace, or an address."),
    ]
}

/// Which models to use: one, or one and others for when it fails.
public struct ModelChoice: SettingValue {
    /// The model, as `provider/model`.
    public var primary: String?
    /// Those tried after it, in order.
    public var fallbacks: [String] = []

    static let schema = ConfigurationSchema.union(.string, object)
    private static let object = ConfigurationSchema.object(["primary": .string, "fallbacks": .strings])

    init?(_ json: JSON) {
        if let primary = json.string {
            self.primary = primary
        } else {
            primary = json["primary"]?.string
            fallbacks = json["fallbacks"]?.array?.compactMap(\.string) ?? []
        }
    }

    var fallback: JSON? { nil }
}
