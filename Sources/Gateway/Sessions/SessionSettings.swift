/// What decides which conversation a message belongs to, when one begins anew, and whether it may be written to: the
/// section `session` of the configuration.
public struct SessionSettings: Equatable, Sendable {
    /// Whether each sender has a conversation of their own.
    public enum Scope: String, Sendable, CaseIterable {
        case perSender = "per-sender"
        /// One conversation for everybody.
        case global
    }

    /// Which direct messages share a conversation.
    public enum DirectScope: String, Sendable, CaseIterable {
        /// All of an agent's: its main session.
        case main
        /// Those of one person, whatever the channel.
        case perPeer = "per-peer"
        case perChannelPeer = "per-channel-peer"
        case perAccountChannelPeer = "per-account-channel-peer"
    }

    /// The ids under which one person writes.
    public struct IdentityLink: Equatable, Sendable {
        /// What stands for the person in keys.
        public var name: String
        /// Peer ids, alone or as `channel:id`.
        public var ids: [String]

        /// A person called `name`.
        public init(name: String, ids: [String]) {
            self.name = name
            self.ids = ids
        }
    }

    /// `session.scope`. Default `per-sender`.
    public var scope = Scope.perSender
    /// `session.dmScope`. Default `main`.
    public var directScope = DirectScope.main
    /// `session.identityLinks`. Default none.
    public var identityLinks: [IdentityLink] = []
    /// What an agent's main session is called. Default `main`.
    public var mainKey = "main"
    /// The agent that answers when none is named. Default `main`.
    public var defaultAgent = "main"
    /// When a conversation begins anew.
    public var resets = ResetRules()
    /// Which conversations may be written to.
    public var sending = SendRules()

    /// The defaults.
    public init() {}
}
