/// One account of the gateway with a messaging service: `irc` and `default`.
package struct AccountID: Hashable, Sendable, CustomStringConvertible {
    /// The service's id, as in `channels.irc`.
    package let service: String
    /// The account's id, as in `channels.irc.accounts`.
    package let account: String

    package init(_ service: String, _ account: String) {
        self.service = service
        self.account = account
    }

    /// `irc/default`.
    package var description: String { "\(service)/\(account)" }
}
