package import JSON

/// Sizes and times of the protocol.
public enum ProtocolLimits {
    /// The largest message a client may send, in bytes.
    public static let inboundBytes = 524_288
    /// The largest message before the handshake is through, in bytes: nobody unknown may make us hold more.
    public static let inboundBytesBeforeHandshake = 65_536
    /// How many values one message may hold, its members and elements at every depth: each costs more to read than its
    /// bytes tell.
    public static let values = 10_000
    /// The same before the handshake is through.
    public static let valuesBeforeHandshake = 1000
    /// What a message may be, as JSON.
    package static let message = JSON.Limits(length: inboundBytes, values: values)
    /// The same before the handshake is through.
    package static let firstMessage = JSON.Limits(length: inboundBytesBeforeHandshake, values: valuesBeforeHandshake)
    /// The longest id of a request and name of a method, in characters.
    package static let nameCharacters = 256
    /// The longest key of a session, in characters.
    package static let sessionKeyCharacters = 512
    /// The longest key of a session as it is kept, in characters: what a client calls it, and what the gateway adds.
    package static let storedSessionKeyCharacters = 1024
    /// The longest idempotency key, in characters.
    package static let idempotencyKeyCharacters = 256
    /// How much may wait to be sent to one client, in bytes, before it counts as slow.
    public static let bufferedBytes = 1_572_864
    /// How many requests of one client may wait at once; those answered at once do not count.
    public static let waitingRequests = 256
    /// How much those may hold together, in bytes as they were sent.
    public static let waitingRequestBytes = 4 << 20
    /// How much the waiting requests of all clients may hold together, in bytes as they were sent.
    public static let allWaitingRequestBytes = 64 << 20
    /// How much of a conversation one answer holds, in bytes.
    public static let historyBytes = 6 << 20
    /// How long the handshake may take.
    public static let handshake: Duration = .seconds(10)
    /// The time between a change of who is there and the event that tells of it.
    package static let presenceDelay: Duration = .milliseconds(100)
    /// The time between two ticks.
    public static let tick: Duration = .seconds(30)
    /// How far a device's clock may be off, in milliseconds.
    public static let signatureAge: Int64 = 10 * 60 * 1000
}
