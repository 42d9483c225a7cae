/// Where a message comes from.
struct MessageOrigin: Sendable, Equatable {
    var channel: String
    var accountID = "default"
    var peer: (kind: SessionKey.Peer.Kind, id: String)?
    var guildID: String?
    var teamID: String?

    static func == (left: MessageOrigin, right: MessageOrigin) -> Bool {
        left.channel == right.channel && left.accountID == right.accountID && left.guildID == right.guildID
            && left.teamID == right.teamID && left.peer?.kind == right.peer?.kind && left.peer?.id == right.peer?.id
    }
}

/// One of `bindings`: which agent answers what.
struct Binding: Sendable {
    var agentID: String
    var channel: String
    /// `*` means every one; nil the default account.
    var accountID: String?
    var peer: (kind: SessionKey.Peer.Kind, id: String)?
    var guildID: String?
    var teamID: String?

    /// Whether it is for messages from `origin`.
    func fits(_ origin: MessageOrigin) -> Bool {
        guard channel.lowercased() == origin.channel.lowercased() else { return false }
        guard accountID == "*" || (accountID ?? "default") == origin.accountID else { return false }
        if let peer {
            guard let other = origin.peer, other.kind == peer.kind, other.id == peer.id else { return false }
        }
        if let guildID, guildID != origin.guildID { return false }
        if let teamID, teamID != origin.teamID { return false }
        return true
    }

    /// How much it says: a peer before a guild, a guild before a team, a team before an account, an account before
    /// every account.
    var weight: Int {
        if peer != nil { return 4 }
        if guildID != nil { return 3 }
        if teamID != nil { return 2 }
        return accountID == "*" ? 0 : 1
    }
}
