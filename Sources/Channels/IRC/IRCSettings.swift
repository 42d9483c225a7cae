package import Text
package import Time

/// How an account is connected to an IRC network.
package struct IRCSettings: Sendable {
    /// An account with the network's services, by which the connection signs in before it is registered.
    package struct SASL: Sendable {
        package var account: String
        package var password: Secret

        package init(account: String, password: Secret) {
            self.account = account
            self.password = password
        }
    }

    /// The service that owns nicks, where a network has one and no SASL.
    package struct NickServ: Sendable {
        /// Its nick.
        package var service: String
        /// The account; nil means the nick.
        package var account: String?
        package var password: Secret

        package init(service: String = "NickServ", account: String? = nil, password: Secret) {
            self.service = service
            self.account = account
            self.password = password
        }
    }

    /// A proxy that connections are asked of by CONNECT (RFC 9110 section 9.3.6).
    package struct Proxy: Sendable {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// How long is waited for what.
    package struct Times: Sendable {
        /// For a connection.
        package var connecting = TimeSpan(30, .seconds)
        /// Until the server has taken the account in.
        package var registering = TimeSpan(60, .seconds)
        /// How long a server may be silent before it is asked, and again until the connection counts as dead.
        package var silence = TimeSpan(60, .seconds)
        /// Between two tries to get the nick, and the channels, that the configuration names.
        package var regaining = TimeSpan(60, .seconds)
        /// Before the first and the last of several tries to connect.
        package var retrying = (first: TimeSpan(1, .seconds), last: TimeSpan(5, .minutes))
        /// How long a server may take to say who somebody is.
        package var identifying = TimeSpan(10, .seconds)

        package init() {}
    }

    package var host: String
    package var port: Int
    package var isEncrypted = true
    /// A file of certificates that are trusted beside the host's own; nil for none.
    package var authorities: String?
    package var nick: String
    package var user: String
    package var realName: String
    /// The server's own password; nil where it asks for none.
    package var password: Secret?
    package var sasl: SASL?
    package var nickServ: NickServ?
    /// The channels to be in, each with its key where it has one: `#a` or `#a key`.
    package var channels: [String] = []
    package var proxy: Proxy?
    /// How many messages may go at once, and how often after that.
    package var flood = (burst: 4, interval: Duration.seconds(2))
    package var times = Times()

    package init(host: String, port: Int, nick: String) {
        self.host = host
        self.port = port
        self.nick = nick
        user = nick
        realName = nick
    }
}
