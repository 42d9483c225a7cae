package import JSON

/// `channels`: messaging services, by id.
public struct ChannelsSection: ConfigurationSection {
    /// `irc`. Nil when the file has none.
    public var irc: IRCSection?

    static let settings: [Setting<ChannelsSection>] =
        [Setting("irc", \.irc, "Internet Relay Chat (RFC 1459, RFC 2812, IRCv3).")]
        + unserved.map { Setting(unserved: $0, .anyObject, "Not connected to by this version.") }

    /// The services that this version connects to, in the order to show them.
    public static let served = ["irc"]

    /// The services that `channels`, as it is written, configures and this version does not connect to.
    package static func unserved(in channels: JSON?) -> [String] {
        (channels?.object?.members ?? []).map(\.name).filter { unserved.contains($0) && $0 != "defaults" }
    }

    /// The services of the original gateway that this version does not connect to, and what counts for all of them.
    static let unserved = [
        "defaults", "telegram", "whatsapp", "discord", "googlechat", "slack", "signal", "imessage", "bluebubbles",
        "line",
        "matrix", "mattermost", "msteams", "nextcloud-talk", "nostr", "tlon", "twitch", "voice-call", "zalo",
        "zalouser",
        "xmpp", "webchat",
    ]
}

/// What every messaging service has: whom an account listens to, and how it answers.
public struct ChannelSection: ConfigurationSection {
    /// Who may write to it alone.
    public enum DirectPolicy: String, SettingWord {
        case pairing, allowlist, open, disabled
    }

    /// In which groups it listens.
    public enum GroupPolicy: String, SettingWord {
        case allowlist, open, disabled
    }

    /// Where the pieces of an answer end.
    public enum ChunkMode: String, SettingWord {
        case length, newline
    }

    /// `enabled`: whether it is connected. The default is true.
    public var isEnabled = true
    /// `name`: what people call the account.
    public var name: String?
    /// `dmPolicy`: who may write to it alone. The default is `pairing`.
    public var directPolicy = DirectPolicy.pairing
    /// `allowFrom`: who may write to it alone.
    public var allowFrom: [String] = []
    /// `groupPolicy`: in which groups it listens. The default is `allowlist`.
    public var groupPolicy = GroupPolicy.allowlist
    /// `groupAllowFrom`: who is listened to in groups. Nil means everybody who is there.
    public var groupAllowFrom: [String]?
    /// `groups`, by id; `*` stands for those that are not named.
    public var groups: [String: Group] = [:]
    /// `mentionPatterns`: expressions that address it beside its name.
    public var mentionPatterns: [String] = []
    /// `historyLimit`: how many messages of a group that were not for it are told with the next one that is. The default
    /// is 20.
    public var historyLimit: Int64 = 20
    /// `textChunkLimit`: the longest piece of an answer. Nil means what suits the service.
    public var textChunkLimit: Int64?
    /// `chunkMode`: where pieces end. The default is `length`.
    public var chunkMode = ChunkMode.length
    /// `responsePrefix`: what stands before each answer.
    public var responsePrefix = ""

    static let settings: [Setting<ChannelSection>] = [
        Setting("enabled", \.isEnabled, "Whether it is connected."),
        Setting("name", \.name, "Its name, for people."),
        Setting(
            "dmPolicy", \.directPolicy,
            "Who may write to it alone. pairing: who is on the list or was let in after asking. allowlist: who is on the list. "
                + "open: who is on the list, where * is everybody. disabled: nobody."),
        Setting("allowFrom", \.allowFrom, "The list of who may write to it alone."),
        Setting(
            "groupPolicy", \.groupPolicy,
            "allowlist: it listens in the groups listed. open: in every one. disabled: in none."),
        Setting("groupAllowFrom", \.groupAllowFrom, "Who is listened to in groups; without it, everybody there."),
        Setting("groups", \.groups, "Groups, by id; * stands for those that are not named."),
        Setting(
            "mentionPatterns", \.mentionPatterns,
            "Regular expressions that address it beside its name, without regard to case."),
        Setting(
            "historyLimit", \.historyLimit, .integer(0, 200),
            "How many messages of a group that were not for it are told with the next one that is."),
        Setting(
            "textChunkLimit", \.textChunkLimit, .positive,
            "The longest piece of an answer; without it, what suits the service."),
        Setting(
            "chunkMode", \.chunkMode,
            "Where pieces end. length: at the limit. newline: at every line's end. Never within code."),
        Setting("responsePrefix", \.responsePrefix, "What stands before each answer."),
        Setting(unserved: "mediaMaxMb", .positiveNumber, "The largest file that is taken, in MB."),
        Setting(unserved: "replyToMode", .words("off", "first", "all"), "Which answers are marked as answers."),
        Setting(unserved: "actions", .anyObject, "What agents may do there beside talking."),
        Setting(unserved: "dmHistoryLimit", .natural, "How much of a conversation of two is told to the model."),
        Setting(unserved: "blockStreaming", .boolean, "Whether an answer is sent while it grows."),
        Setting(unserved: "markdown", .anyObject, "How answers are formatted."),
        Setting(unserved: "configWrites", .boolean, "Whether the service may change this file."),
    ]

    /// One group.
    public struct Group: ConfigurationSection {
        /// `enabled`: whether it listens there. The default is true.
        public var isEnabled = true
        /// `requireMention`: whether only messages that mention it are answered. The default is true.
        public var requiresMention = true
        /// `allowFrom`: who is listened to there. Nil means as for all groups.
        public var allowFrom: [String]?

        static let settings: [Setting<Group>] = [
            Setting("enabled", \.isEnabled, "Whether it listens there."),
            Setting("requireMention", \.requiresMention, "Whether only messages that mention it are answered."),
            Setting("allowFrom", \.allowFrom, "Who is listened to there; without it, as groupAllowFrom says."),
            Setting(unserved: "tools", .anyObject, "What an agent may use there."),
            Setting(unserved: "skills", .strings, "The skills it has there."),
            Setting(unserved: "systemPrompt", .string, "What an agent is told there beside its own files."),
        ]
    }
}
