package import JSON

/// The whole configuration.
public struct RootSection: ConfigurationSection {
    /// `env`. Variables for what the gateway starts, and for ${NAME} in this file.
    public var environment = EnvironmentSection()
    /// `logging`. What is logged, and how.
    public var logging = LoggingSection()
    /// `browser`. The browser agents use.
    public var browser = BrowserSection()
    /// `agents`. Who answers.
    public var agents = AgentsSection()
    /// `tools`. What agents may use.
    public var tools = ToolsSection()
    /// `bindings`; of those that fit, the one that says most counts, of several the first.
    public var bindings: [BindingSection] = []
    /// `commands`. What people may order in a conversation.
    public var commands = CommandsSection()
    /// `messages`. How messages come in and go out.
    public var messages = MessagesSection()
    /// `session`. What belongs to one conversation, and when it begins anew.
    public var session = SessionSection()
    /// `cron`. Runs at set times.
    public var cron = CronSection()
    /// `hooks`. What other programs may tell agents by HTTP.
    public var hooks = HooksSection()
    /// `channels`. Messaging services.
    public var channels = ChannelsSection()
    /// `canvasHost`. Files of the workspace as web pages.
    public var canvasHost = CanvasHostSection()
    /// `models`. The model services that answer for agents.
    public var models = ModelsSection()
    /// `secrets`. Where keys are that do not stand here.
    public var secrets = SecretsSection()
    /// `gateway`. What this process listens on, and whom it lets in.
    public var gateway = GatewaySection()

    static let settings: [Setting<RootSection>] = [
        Setting(
            kept: "meta", .object(["lastTouchedVersion": .string, "lastTouchedAt": .string]), "Who wrote the file last."
        ),
        Setting("env", \.environment, "Variables for what the gateway starts, and for ${NAME} in this file."),
        Setting(kept: "wizard", wizard, "What onboard did last."),
        Setting(unserved: "diagnostics", .diagnostics, "Tracing and metrics of the original gateway."),
        Setting("logging", \.logging, "What is logged, and how.").unserved,
        Setting(unserved: "update", .update, "How the original gateway updates itself."),
        Setting("browser", \.browser, "The browser agents use."),
        Setting(unserved: "ui", .userInterface, "How apps look."),
        Setting(unserved: "auth", .authentication, "Accounts with model providers."),
        Setting("models", \.models, "Model services."),
        Setting("secrets", \.secrets, "Where keys are that do not stand here."),
        Setting(unserved: "nodeHost", .nodeHost, "This host as a device of another gateway."),
        Setting("agents", \.agents, "Who answers."),
        Setting("tools", \.tools, "What agents may use."),
        Setting("bindings", \.bindings, "Which agent answers what; the one that says most counts."),
        Setting(
            unserved: "broadcast", .object(["strategy": .words("parallel", "sequential")], others: .strings),
            "Several agents for one conversation: their ids, by the peer."),
        Setting(unserved: "audio", .audio, "Speech as text, in the older way."),
        Setting(unserved: "media", .media, "Files that are sent."),
        Setting("messages", \.messages, "How messages come in and go out."),
        Setting("commands", \.commands, "What people may order in a conversation."),
        Setting(unserved: "approvals", .approvals, "Who is asked before a command runs."),
        Setting("session", \.session, "What belongs to one conversation, and when it begins anew."),
        Setting("cron", \.cron, "Runs at set times."),
        Setting("hooks", \.hooks, "What other programs may tell agents by HTTP."),
        Setting(unserved: "web", .web, "The connection of a messaging service."),
        Setting("channels", \.channels, "Messaging services, by id."),
        Setting(unserved: "discovery", DiscoverySection.schema, "How the gateway is found on a network."),
        Setting("canvasHost", \.canvasHost, "Files of the workspace as web pages."),
        Setting(unserved: "talk", .talk, "Speech."),
        Setting("gateway", \.gateway, "What this process listens on, and whom it lets in."),
        Setting(unserved: "skills", .skills, "Skills."),
        Setting(unserved: "plugins", .plugins, "Plugins of the original gateway."),
    ]

    static let checks = [
        // Where no agents are listed there is nothing to hold the ids against: they may be meant for later.
        ObjectCheck { root in
            let known = (root["agents"]?["list"]?.array ?? []).compactMap { $0["id"]?.string?.lowercased() }
            guard !known.isEmpty else { return nil }
            for member in root["broadcast"]?.object?.members ?? [] where member.name != "strategy" {
                for (index, id) in (member.value.array ?? []).enumerated() {
                    guard let id = id.string, !known.contains(id.lowercased()) else { continue }
                    return (
                        [.name("broadcast"), .name(member.name), .index(index)],
                        "there is no agent \"\(id)\" in agents.list"
                    )
                }
            }
            return nil
        }
    ]

    private static let wizard = ConfigurationSchema.object([
        "lastRunAt": .string,
        "lastRunVersion": .string,
        "lastRunCommit": .string,
        "lastRunCommand": .string,
        "lastRunMode": .words("local", "remote"),
    ])
}

extension ConfigurationSchema {
    /// The description of the whole configuration.
    public static let root = RootSection.schema
}

extension RootSection {
    /// What `json`, a whole configuration, says; nil when it is no object.
    package static func reading(_ json: JSON) -> RootSection? { RootSection(json) }
}
