/// One of `bindings`: which agent answers what.
public struct BindingSection: ConfigurationSection {
    /// `agentId`.
    public var agentID = ""
    /// `match`.
    public var match = Match()

    static let settings: [Setting<BindingSection>] = [
        Setting("agentId", \.agentID, "The agent that answers.").required,
        Setting("match", \.match, "What it answers.").required,
    ]

    /// What a binding fits.
    public struct Match: ConfigurationSection {
        /// `channel`.
        public var channel = ""
        /// `accountId`.
        public var accountID: String?
        /// `peer`.
        public var peer: Peer?
        /// `guildId`.
        public var guildID: String?
        /// `teamId`.
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

        /// `kind`.
        public var kind = Kind.direct
        /// `id`.
        public var id = ""

        static let settings: [Setting<Peer>] = [
            Setting("kind", \.kind, "The kind of conversation.").required,
            Setting("id", \.id, "Its id.").required,
        ]
    }
}
