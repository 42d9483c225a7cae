package import Time

/// How a connection to a messaging service is.
package struct ChannelState: Sendable, Equatable {
    package enum Phase: String, Sendable {
        /// Nobody began it.
        case idle
        /// A connection is being made, or waited for.
        case connecting
        /// The service took the account in, and is heard.
        case connected
        /// The service refused the account, and is not asked again.
        case refused
        /// It was ended.
        case stopped
    }

    package var phase = Phase.idle
    /// What the service calls the account now; nil as long as it did not say.
    package var name: String?
    package var startedAt: Timestamp?
    /// When the connection came to be that stands now, or stood last.
    package var connectedAt: Timestamp?
    /// When anything was last heard of the service: that the connection is not deaf.
    package var heardAt: Timestamp?
    package var inboundAt: Timestamp?
    package var outboundAt: Timestamp?
    /// What went wrong last; nil when nothing did since it last connected.
    package var error: String?
    /// How often a connection was tried.
    package var attempts = 0
    /// Things its owner should know that are no faults of the connection, such as a nick that is not the configured one.
    package var notes: [String] = []

    package init() {}

    /// Whether messages can come in.
    package var isConnected: Bool { phase == .connected }
}
