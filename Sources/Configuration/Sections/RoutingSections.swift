/// One of `bindings`: which agent answers what.
public struct BindingSection: ConfigurationSection {
    /// `agentId`. The agent that answers.
    public var agentID = ""
    /// `match`. What it answers.
    public var match = Match()

    static let settings: [Setting<BindingSection>] = [
        Setting("agentId", \.agentID, "The agent that answers.").required,
        Setting("match", \.match, "What it answers.").required,
    ]

    /// What a binding fits.
    public struct Match: ConfigurationSection {
        /// `channel`. The messaging channel it comes through, by its id.
        public var channel = ""
        /// `accountId`. The account; * means every one. Without it: the default account.
        public var accountID: String?
        /// `peer`. Who writes, or where.
        public var peer: Peer?
        /// `guildId`: the id of the guild (a Discord server) that the message comes from.
        public var guildID: String?
        /// `teamId`: the id of the team (a Slack workspace) that the message comes from.
        public var teamID: String?

        static let settings: [Setting<Match>] = [
            Setting("channel", \.channel, "The channel.").required,
            Setting("accountId", \.accountID, "The account; * means every one. Without it: the default account."),
            Setting("peer", \.peer, "Who writes, or where."),
            Setting("guildId", \.guildID, "The guild."),
            Setting("teamId", \.teamID, "The team."),
        ]
    }

    /// Who writes, or where.
    public struct Peer: ConfigurationSection {
        /// The kind of conversation.
        public enum Kind: String, SettingWord {
            case direct = "dm"
            case group, channel
        }

        /// `kind`. The kind of conversation.
        public var kind = Kind.direct
        /// `id`. What the channel calls the person or group.
        public var id = ""

        static let settings: [Setting<Peer>] = [
            Setting("kind", \.kind, "The kind of conversation.").required,
            Setting("id", \.id, "Its id.").required,
        ]
    }
}
