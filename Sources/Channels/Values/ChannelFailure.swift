/// Why something could not be said, or a connection could not be made.
package struct ChannelFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// There is no connection now; there may be one in a while.
        case disconnected
        /// The service refuses this message, now and later.
        case rejected
        /// The service refuses the account: trying again changes nothing until the configuration does.
        case final
    }

    package let kind: Kind
    /// A sentence for the owner, without secrets.
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// There is no connection.
    package static let disconnected = ChannelFailure(.disconnected, "there is no connection to the service")
}
