/// Decides whether a message is listened to.
package struct Admission: Sendable {
    /// What becomes of a message.
    package enum Decision: Sendable, Equatable {
        /// An agent answers it.
        case admitted
        /// It is kept for whoever is answered next in its group, and not answered.
        case overheard
        /// Who wrote it is told how to be let in.
        case mustPair
        /// Nothing happens, for this reason.
        case ignored(String)
    }

    private let policy: ChannelPolicy
    /// Whether an entry of a list means a sender, as the service compares them.
    private let matches: @Sendable (String, Sender) -> Bool

    package init(_ policy: ChannelPolicy, matches: @escaping @Sendable (_ entry: String, _ sender: Sender) -> Bool) {
        self.policy = policy
        self.matches = matches
    }

    /// What becomes of `message`. `isPaired` says whether its sender was let in after asking, `mentions` whether it addresses the
    /// gateway in the words of a pattern.
    package func decide(
        _ message: InboundMessage, isPaired: Bool, mentions: (String) -> Bool = { _ in false }
    ) -> Decision {
        switch message.place {
        case .direct: direct(message, isPaired: isPaired)
        case .group(let id): group(message, in: id, mentions: mentions)
        }
    }

    private func direct(_ message: InboundMessage, isPaired: Bool) -> Decision {
        let isListed = policy.senders.contains { $0 != "*" && matches($0, message.sender) }
        switch policy.direct {
        case .disabled: return .ignored("direct messages are disabled")
        case .open: return isForEverybody(policy.senders) || isListed ? .admitted : .ignored("the sender is not listed")
        case .allowlist: return isListed ? .admitted : .ignored("the sender is not listed")
        case .pairing: return isListed || isPaired ? .admitted : .mustPair
        }
    }

    private func group(_ message: InboundMessage, in id: String, mentions: (String) -> Bool) -> Decision {
        let group = policy.groups[id] ?? policy.groups["*"]
        switch policy.groupPolicy {
        case .disabled: return .ignored("groups are disabled")
        case .allowlist:
            guard group != nil else { return .ignored("the group is not listed") }
        case .open: break
        }
        guard group?.isEnabled ?? true else { return .ignored("the group is disabled") }
        if let senders = group?.senders ?? policy.groupSenders {
            guard isForEverybody(senders) || senders.contains(where: { matches($0, message.sender) }) else {
                return .ignored("the sender is not listed")
            }
        }
        guard group?.requiresMention ?? true else { return .admitted }
        return message.isMentioning || mentions(message.text) ? .admitted : .overheard
    }

    private func isForEverybody(_ list: [String]) -> Bool { list.contains("*") }
}
