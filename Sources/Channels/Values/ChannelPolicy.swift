/// Who an account listens to, and how it answers: what all services have in common.
package struct ChannelPolicy: Sendable, Equatable {
    /// Who may write to the gateway alone.
    package enum Direct: String, Sendable, CaseIterable {
        /// Those on the list, and those who were let in after they asked.
        case pairing
        /// Those on the list.
        case allowlist
        /// Those on the list, where `*` means everybody.
        case open
        /// Nobody.
        case disabled
    }

    /// In which groups it listens.
    package enum Groups: String, Sendable, CaseIterable {
        /// In those listed.
        case allowlist
        /// In every one it is in.
        case open
        /// In none.
        case disabled
    }

    /// What holds for one group.
    package struct Group: Sendable, Equatable {
        /// Whether it listens there.
        package var isEnabled: Bool
        /// Whether only messages that mention it are answered; nil means yes.
        package var requiresMention: Bool?
        /// Who is listened to there; nil means everybody whom `groupSenders` lets.
        package var senders: [String]?

        package init(isEnabled: Bool = true, requiresMention: Bool? = nil, senders: [String]? = nil) {
            self.isEnabled = isEnabled
            self.requiresMention = requiresMention
            self.senders = senders
        }
    }

    package var direct = Direct.pairing
    /// Who may write to the gateway alone without asking.
    package var senders: [String] = []
    package var groupPolicy = Groups.allowlist
    /// Who is listened to in groups that say nothing of their own; nil means everybody in them.
    package var groupSenders: [String]?
    /// The groups by their ids as the service compares them. `*` stands for those that are not listed.
    package var groups: [String: Group] = [:]
    /// Expressions that mention the gateway beside its name.
    package var mentionPatterns: [String] = []
    /// How many messages of a group that were not for it are told with the next one that is.
    package var historyLimit = 0
    /// The longest piece of an answer: in characters, or bytes where a service counts them.
    package var chunkLimit = 4000
    package var chunkMode = ChunkMode.length
    /// What stands before each answer; empty for nothing.
    package var responsePrefix = ""

    package init() {}
}
