/// `cron`: runs at set times.
public struct CronSection: ConfigurationSection {
    /// `enabled`. Whether jobs run.
    public var enabled = true
    /// `store`, as it was written.
    public var store: String?
    /// `maxConcurrentRuns`. How many jobs may run at a time.
    public var maxConcurrentRuns: Int64 = 1

    static let settings: [Setting<CronSection>] = [
        Setting("enabled", \.enabled, "Whether jobs run."),
        Setting("store", \.store, "Where the original gateway kept its jobs; here they are in the database.").unserved,
        Setting("maxConcurrentRuns", \.maxConcurrentRuns, .positive, "How many jobs may run at a time."),
    ]
}

/// `canvasHost`: files of the workspace as web pages.
public struct CanvasHostSection: ConfigurationSection {
    /// `enabled`. Whether they are served.
    public var enabled = true
    /// `root`, as it was written; nil means `canvas` in the workspace.
    public var root: String?
    /// `liveReload`. Whether open pages follow changes of the files.
    public var liveReload = true

    static let settings: [Setting<CanvasHostSection>] = [
        Setting("enabled", \.enabled, "Whether they are served."),
        Setting("root", \.root, "Their directory. Without it: canvas in the workspace."),
        Setting(unserved: "port", .positive, "The original's older port; they are on the gateway's own."),
        Setting("liveReload", \.liveReload, "Whether open pages follow changes of the files."),
    ]
}

/// `logging`: how much is logged, where, and what is left out of it.
public struct LoggingSection: ConfigurationSection {
    /// How much is logged.
    public enum Level: String, SettingWord {
        case silent, fatal, error, warn, info, debug, trace
    }

    /// How the console shows it.
    public enum Style: String, SettingWord {
        case pretty, compact, json
    }

    /// What is hidden from the log.
    public enum Redaction: String, SettingWord {
        case off, tools
    }

    /// `level`. How much the log file holds.
    public var level = Level.info
    /// `file`, as it was written.
    public var file: String?
    /// `consoleLevel`; nil means as `level`.
    public var consoleLevel: Level?
    /// `consoleStyle`. How the console shows it.
    public var consoleStyle = Style.pretty
    /// `redactSensitive`. Whether what looks like a secret is hidden.
    public var redactSensitive = Redaction.tools
    /// `redactPatterns`. Regular expressions of more to hide.
    public var redactPatterns: [String] = []

    static let settings: [Setting<LoggingSection>] = [
        Setting("level", \.level, "How much the log file holds."),
        Setting("file", \.file, "The log file. Without it: in the state directory."),
        Setting("consoleLevel", \.consoleLevel, "How much the console shows."),
        Setting("consoleStyle", \.consoleStyle, "How the console shows it."),
        Setting("redactSensitive", \.redactSensitive, "Whether what looks like a secret is hidden."),
        Setting("redactPatterns", \.redactPatterns, "Regular expressions of more to hide."),
    ]
}

/// `commands`: what people may order in a conversation.
public struct CommandsSection: ConfigurationSection {
    /// `text`. Whether /commands in messages count.
    public var text = true
    /// `bash`. Whether ! runs a command of this host.
    public var bash = false
    /// `config`. Whether /config changes the configuration.
    public var config = false
    /// `debug`. Whether /debug changes settings until the restart.
    public var debug = false
    /// `restart`. Whether a restart may be asked for: by /restart, or by SIGUSR1 from outside.
    public var restart = false
    /// `useAccessGroups`. Whether commands are for people allowed to write only.
    public var useAccessGroups = true

    static let settings: [Setting<CommandsSection>] = [
        Setting(unserved: "native", .booleanOrAuto, "Whether commands are registered with channels that list them."),
        Setting(unserved: "nativeSkills", .booleanOrAuto, "The same for skills."),
        Setting("text", \.text, "Whether /commands in messages count.").unserved,
        Setting("bash", \.bash, "Whether ! runs a command of this host.").unserved,
        Setting(unserved: "bashForegroundMs", .integer(0, 30_000), "How long such a command is waited for."),
        Setting("config", \.config, "Whether /config changes the configuration.").unserved,
        Setting("debug", \.debug, "Whether /debug changes settings until the restart.").unserved,
        Setting("restart", \.restart, "Whether a restart may be asked for: by /restart, or by SIGUSR1 from outside."),
        Setting("useAccessGroups", \.useAccessGroups, "Whether commands are for people allowed to write only.")
            .unserved,
    ]
}

/// `discovery`: how the gateway is found on a network.
public struct DiscoverySection: ConfigurationSection {
    static let settings: [Setting<DiscoverySection>] = [
        Setting(
            unserved: "wideArea", .object(["enabled": .boolean]), "DNS service discovery beyond the local network."),
        Setting(unserved: "mdns", .object(["mode": .words("off", "minimal", "full")]), "Multicast DNS."),
    ]
}

/// `env`: variables for what the gateway starts, and for ${NAME} in this file.
public struct EnvironmentSection: ConfigurationSection {
    /// `vars`. Variables. One that is set in the environment already is left as it is.
    public var variables: [String: String] = [:]

    static let settings: [Setting<EnvironmentSection>] = [
        Setting(
            unserved: "shellEnv", .object(["enabled": .boolean, "timeoutMs": .natural]),
            "Take over the variables of a login shell."),
        Setting(
            "vars", \.variables, .record(.string.secret),
            "Variables. One that is set in the environment already is left as it is."),
    ]
    static let others: ConfigurationSchema? = .string.secret
}
