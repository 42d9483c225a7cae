import Text

extension SessionKey {
    /// Somebody, or some place, a message comes from.
    public struct Peer: Equatable, Sendable {
        /// What it is.
        public enum Kind: String, Sendable, CaseIterable {
            case direct = "dm"
            case group, channel
        }

        /// What it is.
        public var kind: Kind
        /// Its id in the channel; may be empty.
        public var id: String
        /// The channel's id, `telegram`.
        public var channel: String
        /// The account of ours it writes to.
        public var account: String?

        /// A peer on `channel`.
        public init(_ kind: Kind, id: String, channel: String, account: String? = nil) {
            self.kind = kind
            self.id = id
            self.channel = channel
            self.account = account
        }
    }

    /// The session in which `agent` talks with `peer`.
    public init(agent: String, peer: Peer, settings: SessionSettings) {
        let id = Self.normal(peer.id)
        let channel = Self.normal(peer.channel)
        let place = channel.isEmpty ? "unknown" : channel
        guard peer.kind == .direct else {
            self.init(agent: agent, rest: "\(place):\(peer.kind.rawValue):\(id.isEmpty ? "unknown" : id)")
            return
        }
        let person = settings.directScope == .main ? id : settings.person(id, channel: channel) ?? id
        guard settings.directScope != .main, !person.isEmpty else {
            // Not `main(of:)`: one session for everybody is the caller's to choose, by `session.scope`.
            self.init(agent: agent, rest: settings.mainKey)
            return
        }
        switch settings.directScope {
        case .main, .perPeer: self.init(agent: agent, rest: "dm:\(person)")
        case .perChannelPeer: self.init(agent: agent, rest: "\(place):dm:\(person)")
        case .perAccountChannelPeer:
            let account = IdentifierText.account(peer.account ?? "")
            self.init(agent: agent, rest: "\(place):\(account):dm:\(person)")
        }
    }
}

extension SessionSettings {
    /// The name of who writes as `id` on `channel`, both in lower case; nil when nobody is known to.
    func person(_ id: String, channel: String) -> String? {
        guard !id.isEmpty else { return nil }
        let spellings = [id, "\(channel):\(id)"]
        for link in identityLinks {
            let name = SessionKey.normal(link.name)
            guard !name.isEmpty, link.ids.contains(where: { spellings.contains(SessionKey.normal($0)) }) else {
                continue
            }
            return name
        }
        return nil
    }
}
