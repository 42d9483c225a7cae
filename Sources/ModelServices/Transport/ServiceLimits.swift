public import Time

/// How long a service may take, and how much it may send.
public struct ServiceLimits: Sendable {
    /// Until there is a connection, with TLS. Default 10 seconds.
    public var connectTime = TimeSpan(10, .seconds)
    /// From there to the first byte of the answer. A local model reads a long conversation in silence. Default 5 minutes.
    public var firstByteTime = TimeSpan(5, .minutes)
    /// Between two pieces of the answer. Default 2 minutes.
    public var idleTime = TimeSpan(2, .minutes)
    /// How long the end of a stream is waited for once the answer is whole. Default 5 seconds.
    public var closingTime = TimeSpan(5, .seconds)
    /// The most bytes of one line, of one event and of an answer that is no stream. Default 8 MiB.
    public var eventLength = 8 << 20
    /// The most bytes of a whole answer. Default 64 MiB.
    public var answerLength = 64 << 20
    /// The most bytes that are read of what a service says of a failure. Default 64 KiB.
    public var failureLength = 64 << 10

    /// The defaults.
    public init() {}
}
