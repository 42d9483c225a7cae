import JSON
public import Text
public import Time

/// `channels.irc`: one account or several, each as an `IRCAccountSection`.
public struct IRCSection: ConfigurationSection {
    /// The account `default`, and what the others have that say nothing else.
    public var base = IRCAccountSection()
    /// `accounts`, by id: what is different from the keys beside it.
    public var accounts: [String: Changes] = [:]
    /// `defaultAccount`: the account that is meant where none is named. Nil means `default`, or the first.
    public var defaultAccount: String?

    static let settings: [Setting<IRCSection>] =
        IRCAccountSection.settings.map { Setting($0, in: \.base) } + [
            Setting(
                "accounts", \.accounts, "Several accounts, by id: what is different from the keys beside this one."),
            Setting("defaultAccount", \.defaultAccount, "The account that is meant where none is named."),
        ]

    static let checks = [
        ObjectCheck { section in
            let accounts = section["accounts"]?.object?.members ?? []
            let places: [([JSON.PathComponent], JSONObject)] =
                [([], section)]
                + accounts.compactMap { account in
                    account.value.object.map { ([.name("accounts"), .name(account.name)], $0) }
                }
            for (path, object) in places {
                let policy = (object["dmPolicy"] ?? section["dmPolicy"])?.string
                let list = (object["allowFrom"] ?? section["allowFrom"])?.array ?? []
                guard policy == "open", !list.contains("*") else { continue }
                // Of several accounts the keys beside them are no account.
                if path.isEmpty, !accounts.isEmpty { continue }
                return (
                    path + [.name(object["dmPolicy"] == nil ? "allowFrom" : "dmPolicy")],
                    "\"open\" listens to everybody, who must be asked in: put \"*\" into allowFrom, or choose \"pairing\""
                )
            }
            return nil
        }
    ]

    /// What is different for one account: it has the keys of `channels.irc`.
    public struct Changes: SettingValue {
        private let object: JSONObject

        init?(_ json: JSON) {
            guard let object = json.object else { return nil }
            self.object = object
        }

        static var schema: ConfigurationSchema { ConfigurationSchema(.object(IRCAccountSection.rule.withoutDefaults)) }

        var fallback: JSON? { nil }

        /// `base` with these differences.
        func applied(to base: IRCAccountSection) -> IRCAccountSection {
            var section = base
            section.take(object)
            return section
        }
    }

    /// The accounts by id, in order: those listed, or `default` alone.
    public var all: [(id: String, account: IRCAccountSection)] {
        guard !accounts.isEmpty else { return [(IdentifierText.account(defaultAccount ?? ""), base)] }
        return accounts.sorted { $0.key < $1.key }.map { (IdentifierText.account($0.key), $0.value.applied(to: base)) }
    }

    /// The account that is meant where none is named.
    public var defaultID: String {
        if let defaultAccount { return IdentifierText.account(defaultAccount) }
        let ids = all.map(\.id)
        return ids.contains("default") ? "default" : ids[0]
    }
}

/// One account on an IRC network.
public struct IRCAccountSection: ConfigurationSection {
    /// What all services have.
    public var common = ChannelSection()
    /// `host`. Nil means that the account is not configured.
    public var host: String?
    /// `port`. Nil means 6697, and 6667 without TLS.
    public var port: UInt16?
    /// The port that is connected to.
    public var effectivePort: UInt16 { port ?? (isEncrypted ? 6697 : 6667) }
    /// `tls`: whether the connection is encrypted. The default is true.
    public var isEncrypted = true
    /// `caFile`: certificates in PEM that are trusted beside the host's own.
    public var authorities: String?
    /// `nick`. Nil means that the account is not configured.
    public var nick: String?
    /// `username`. Nil means the nick.
    public var user: String?
    /// `realname`. Nil means the nick.
    public var realName: String?
    /// `password`: the server's.
    public var password: Secret?
    /// `sasl`.
    public var sasl = SASL()
    /// `nickserv`.
    public var nickServ = NickServ()
    /// `channels`: the channels to be in, `#a`, or `#a key`.
    public var channels: [String] = []
    /// `flood`: how much it says at once.
    public var flood = Flood()

    static let settings: [Setting<IRCAccountSection>] =
        ChannelSection.settings.map { Setting($0, in: \.common) } + [
            Setting("host", \.host, .nonEmpty, "The server's name or address."),
            Setting("port", \.port, "Its port. Without one 6697, or 6667 where tls is false."),
            Setting("tls", \.isEncrypted, "Whether the connection is encrypted. The certificate is always verified."),
            Setting("caFile", \.authorities, .nonEmpty, "Certificates in PEM that are trusted beside the host's own."),
            Setting("nick", \.nick, .nonEmpty, "Its nick."),
            Setting("username", \.user, .nonEmpty, "Its user name; without one, the nick."),
            Setting("realname", \.realName, "Its real name; without one, the nick."),
            Setting("password", \.password, "The server's password. With ${NAME} it is taken from a variable."),
            Setting(unserved: "passwordFile", .string, "A file with the server's password."),
            Setting("sasl", \.sasl, "The account with the network by which it signs in (SASL PLAIN)."),
            Setting(
                "nickserv", \.nickServ,
                "The service that owns nicks, where there is no SASL. What is sent to it is a message like others: name it as "
                    + "NickServ@services.example where the network knows that."),
            Setting(
                "channels", \.channels,
                "The channels to be in: #a, or \"#a key\". Those listed in groups are joined, too."),
            Setting("flood", \.flood, "How much it says at once: a server ends the connection of who says too much."),
        ]

    /// How much it says at once, so that the server does not take it for a flood.
    public struct Flood: ConfigurationSection {
        /// `burst`: how many messages go at once. The default is 4.
        public var burst: Int64 = 4
        /// `intervalMs`: how long it takes until one more may go. The default is two seconds.
        public var interval = TimeSpan(2, .seconds)

        static let settings: [Setting<Flood>] = [
            Setting("burst", \.burst, .integer(1, 1000), "How many messages go at once."),
            Setting(
                "intervalMs", \.interval, .milliseconds, .zero...TimeSpan(1, .minutes),
                "How long it takes until one more may go; 0 for no limit."),
        ]
    }

    /// The account with the network by which it signs in.
    public struct SASL: ConfigurationSection {
        /// `account`. Nil means the nick.
        public var account: String?
        /// `password`. Nil means that it does not sign in.
        public var password: Secret?

        static let settings: [Setting<SASL>] = [
            Setting("account", \.account, "The account; without one, the nick."),
            Setting("password", \.password, "Its password. With ${NAME} it is taken from a variable."),
        ]
    }

    /// The service that owns nicks.
    public struct NickServ: ConfigurationSection {
        /// `enabled`: whether it is told the password. The default is true.
        public var isEnabled = true
        /// `service`: its nick. The default is `NickServ`.
        public var service = "NickServ"
        /// `account`. Nil means the nick.
        public var account: String?
        /// `password`. Nil means that it is told nothing.
        public var password: Secret?

        static let settings: [Setting<NickServ>] = [
            Setting("enabled", \.isEnabled, "Whether it is told the password."),
            Setting("service", \.service, .nonEmpty, "Its nick."),
            Setting("account", \.account, "The account; without one, the nick."),
            Setting("password", \.password, "The password. With ${NAME} it is taken from a variable."),
            Setting(unserved: "register", .boolean, "Whether the nick is registered."),
            Setting(unserved: "registerEmail", .string, "The address that it is registered with."),
        ]
    }
}
