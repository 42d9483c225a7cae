/// Sizes and times of the protocol.
public enum ProtocolLimits {
    /// The largest message a client may send, in bytes.
    public static let inboundBytes = 524_288
    /// The largest message before the handshake is through, in bytes: nobody unknown may make us hold more.
    public static let inboundBytesBeforeHandshake = 65_536
    /// How much may wait to be sent to one client, in bytes, before it counts as slow.
    public static let bufferedBytes = 1_572_864
    /// How many requests of one client may wait at once; those answered at once do not count.
    public static let waitingRequests = 256
    /// How much of a conversation one answer holds, in bytes.
    public static let historyBytes = 6 << 20
    /// How long the handshake may take.
    public static let handshake: Duration = .seconds(10)
    /// The time between a change of who is there and the event that tells of it.
    static let presenceDelay: Duration = .milliseconds(100)
    /// The time between two ticks.
    public static let tick: Duration = .seconds(30)
    /// How far a device's clock may be off, in milliseconds.
    public static let signatureAge: Int64 = 10 * 60 * 1000
}
