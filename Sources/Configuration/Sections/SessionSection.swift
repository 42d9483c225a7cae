public import Time

/// `session`: what belongs to one conversation, and when it begins anew.
public struct SessionSection: ConfigurationSection {
    /// Whether each sender has a conversation of their own.
    public enum Scope: String, SettingWord {
        case perSender = "per-sender"
        case global
    }

    /// Which direct messages share a conversation.
    public enum DirectScope: String, SettingWord {
        case main
        case perPeer = "per-peer"
        case perChannelPeer = "per-channel-peer"
        case perAccountChannelPeer = "per-account-channel-peer"
    }

    /// `scope`. per-sender: as dmScope says. global: one conversation for everybody.
    public var scope = Scope.perSender
    /// `dmScope`. Which direct messages share a conversation.
    public var dmScope = DirectScope.main
    /// `identityLinks`: the ids under which one person writes, by their name.
    public var identityLinks: [String: [String]] = [:]
    /// `resetTriggers`. Messages that begin a conversation anew.
    public var resetTriggers = ["/new", "/reset"]
    /// `idleMinutes`, the older way to say `reset`.
    public var silence: TimeSpan?
    /// `reset`. When a conversation begins anew.
    public var reset: ResetSection?
    /// `resetByType`. The same for one kind of conversation.
    public var resetByType = ResetByType()
    /// `resetByChannel`. The same for one channel.
    public var resetByChannel: [String: ResetSection] = [:]
    /// `store`, as it was written.
    public var store: String?
    /// `mainKey`; always `main`, whatever it says.
    public var mainKey: String?
    /// `sendPolicy`. Which conversations may be written to.
    public var sendPolicy = SendPolicy()

    static let settings: [Setting<SessionSection>] = [
        Setting("scope", \.scope, "per-sender: as dmScope says. global: one conversation for everybody."),
        Setting("dmScope", \.dmScope, "Which direct messages share a conversation."),
        Setting("identityLinks", \.identityLinks, "The ids one person writes under, by their name."),
        Setting("resetTriggers", \.resetTriggers, "Messages that begin a conversation anew."),
        Setting(
            "idleMinutes", \.silence, .minutes, TimeSpan(1, .minutes) ... .longestInterval,
            "Older way to say reset: minutes of silence."),
        Setting("reset", \.reset, "When a conversation begins anew."),
        Setting("resetByType", \.resetByType, "The same for one kind of conversation."),
        Setting("resetByChannel", \.resetByChannel, "The same for one channel."),
        Setting("store", \.store, "Where the original gateway kept its sessions; {agentId} stands for the agent.")
            .unserved,
        Setting(unserved: "typingIntervalSeconds", .positive, "Between two signs of typing."),
        Setting(unserved: "typingMode", .typingMode, "When signs of typing begin."),
        Setting("mainKey", \.mainKey, "Always main, whatever it says.").unserved,
        Setting("sendPolicy", \.sendPolicy, "Which conversations may be written to."),
        Setting(
            unserved: "agentToAgent", .object(["maxPingPongTurns": .integer(0, 5)]), "Agents that talk to each other."),
    ]
}

/// When a conversation begins anew.
public struct ResetSection: ConfigurationSection {
    /// What the time is measured by.
    public enum Trigger: String, SettingWord {
        case daily, idle
    }

    /// `mode`. daily: at an hour of the day. idle: after silence.
    public var mode: Trigger?
    /// `atHour`, 0 to 23 local time.
    public var atHour: Int64?
    /// `idleMinutes`. Minutes of silence after which it begins anew.
    public var silence: TimeSpan?

    static let settings: [Setting<ResetSection>] = [
        Setting("mode", \.mode, "daily: at an hour of the day. idle: after silence."),
        Setting("atHour", \.atHour, .integer(0, 23), "The hour, local time. Without one: 4."),
        Setting(
            "idleMinutes", \.silence, .minutes, TimeSpan(1, .minutes) ... .longestInterval,
            "Minutes of silence after which it begins anew."),
    ]
}

/// `session.resetByType`: when sessions begin anew, by the kind of conversation.
public struct ResetByType: ConfigurationSection {
    /// `dm`. When conversations by direct message begin anew.
    public var direct: ResetSection?
    /// `group`. When conversations of a group begin anew.
    public var group: ResetSection?
    /// `thread`. When conversations in a thread begin anew.
    public var thread: ResetSection?

    static let settings: [Setting<ResetByType>] = [
        Setting("dm", \.direct, "Direct messages."),
        Setting("group", \.group, "Groups."),
        Setting("thread", \.thread, "Threads."),
    ]
}

/// `session.sendPolicy`: which conversations may be written to: rules, and what counts when none fits.
public struct SendPolicy: ConfigurationSection {
    /// Yes or no.
    public enum Action: String, SettingWord {
        case allow, deny
    }

    /// `default`. What counts when no rule fits.
    public var standard = Action.allow
    /// `rules`; of those that fit, one that denies counts before one that allows.
    public var rules: [Rule] = []

    static let settings: [Setting<SendPolicy>] = [
        Setting("default", \.standard, "What counts when no rule fits."),
        Setting("rules", \.rules, "The rules; one that denies counts before one that allows."),
    ]

    /// One rule: what it says, and of which conversations.
    public struct Rule: ConfigurationSection {
        /// `action`. What it says.
        public var action = Action.deny
        /// `match`. What it fits; without it, everything.
        public var match = Match()

        static let settings: [Setting<Rule>] = [
            Setting("action", \.action, "What it says.").required,
            Setting("match", \.match, "What it fits; without it, everything."),
        ]
    }

    /// What a rule fits.
    public struct Match: ConfigurationSection {
        /// The kind of conversation.
        public enum ChatType: String, SettingWord {
            case direct, group, channel
        }

        /// `channel`. The messaging channel, by its id.
        public var channel: String?
        /// `chatType`. The kind of conversation.
        public var chatType: ChatType?
        /// `keyPrefix`. What the session's key begins with, with agent:ID: or without.
        public var keyPrefix: String?

        static let settings: [Setting<Match>] = [
            Setting("channel", \.channel, "The channel."),
            Setting("chatType", \.chatType, "The kind of conversation."),
            Setting("keyPrefix", \.keyPrefix, "What the session's key begins with, with agent:ID: or without."),
        ]
    }
}
